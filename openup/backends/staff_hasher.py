from django.contrib.auth.hashers import Argon2PasswordHasher

# Of no password: it was never computed.
_NO_HASH = f"argon2$argon2id$v=19$m=102400,t=2,p=8${'A' * 22}${'A' * 43}"


class StaffHasher(Argon2PasswordHasher):
    """Django's argon2, for which no password matches a row that holds something else than a hash.

    Django's own raises there: at the sign-in, and on the very page where the password is set anew.
    """

    def decode(self, encoded):
        try:
            return super().decode(encoded)
        except ValueError:
            return super().decode(_NO_HASH)

    def verify(self, password, encoded):
        try:
            return super().verify(password, encoded)
        except ValueError:
            return super().verify(password, _NO_HASH)
