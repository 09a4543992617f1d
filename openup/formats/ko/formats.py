"""Dates as this site prints them may be typed too; Django's first form stays the one it fills in.

Korean says morning or afternoon before the hour.
"""

from django.conf.locale.ko import formats as korean

DATE_INPUT_FORMATS = [*korean.DATE_INPUT_FORMATS, "%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d."]
DATETIME_INPUT_FORMATS = [*korean.DATETIME_INPUT_FORMATS, "%Y.%m.%d %H:%M", "%Y. %m. %d. %H:%M"]
TIME_FORMAT = "A g:i"
DATETIME_FORMAT = f"{korean.DATE_FORMAT} {TIME_FORMAT}"
SHORT_DATETIME_FORMAT = f"{korean.SHORT_DATE_FORMAT} {TIME_FORMAT}"
