import os

from hypothesis import settings

# The same examples in every run: what a random one finds is a bug of before, not of the change at
# hand. `EXPLORE=1` looks for new ones. No deadline: a loaded machine is no fault of the code.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("EXPLORE") == "1" else "steady")
