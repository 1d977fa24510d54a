"""One test for every labelled statement of the book.

A test names the statement that it checks by the statement's label:

    @pytest.mark.theorem("thm-optimal-discriminator")
    def test_no_discriminator_beats_the_posterior(): ...
"""
