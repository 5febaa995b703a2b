"""What XML 1.0 can carry (production 2, Char): nothing else may stand in a document, not even escaped."""

import re

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"
