"""Dates as this site prints them may be typed too; Django's first form stays the one it fills in.

They are shown as readers see them too: 2025.10.28 09:00.
"""

from django.conf.locale.ko import formats as korean

DATE_INPUT_FORMATS = [*korean.DATE_INPUT_FORMATS, "%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d."]
DATETIME_INPUT_FORMATS = [*korean.DATETIME_INPUT_FORMATS, "%Y.%m.%d %H:%M", "%Y. %m. %d. %H:%M"]
DATE_FORMAT = SHORT_DATE_FORMAT = "Y.m.d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = f"{DATE_FORMAT} {TIME_FORMAT}"
