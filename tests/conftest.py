from hypothesis import settings

# A loaded machine is no fault of the code.
settings.register_profile("openup", deadline=None)
settings.load_profile("openup")
