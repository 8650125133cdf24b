"""The 999's and the TA1's code lists, with what each code says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FUNCTIONAL_GROUPS: Final = ("BE", "HB", "HC", "HI", "HN", "HP", "HR", "HS", "RA")
"""GS01 of the groups a 999 may answer (AK101). It never answers another one (FA)."""

SETS: Final = ("270", "271", "276", "277", "278", "820", "834", "835", "837")
"""ST01 of the sets a 999 may answer (AK201)."""

SET_VERDICTS: Final = ("A", "E", "M", "R", "W", "X")
GROUP_VERDICTS: Final = ("A", "E", "M", "P", "R", "W", "X")
INTERCHANGE_VERDICTS: Final = ("A", "E", "R")
REFUSING: Final = frozenset({"M", "R", "W", "X"})
"""Verdicts that reject: for syntax (R), or for what is wrong with authentication or encryption."""

INTERCHANGE_NOTES: Final[Mapping[str, str]] = {
    "000": "no error",
    "001": "the control numbers of header and trailer are not the same",
    "002": "this standard is not supported",
    "003": "this version of the controls is not supported",
    "004": "the segment terminator is not valid",
    "005": "the sender's id qualifier is not valid",
    "006": "the sender's id is not valid",
    "007": "the receiver's id qualifier is not valid",
    "008": "the receiver's id is not valid",
    "009": "the receiver's id is not known",
    "010": "the authorization's qualifier is not valid",
    "011": "the authorization is not valid",
    "012": "the security's qualifier is not valid",
    "013": "the security is not valid",
    "014": "the interchange's date is not valid",
    "015": "the interchange's time is not valid",
    "016": "the standards identifier is not valid",
    "017": "the version is not valid",
    "018": "the control number is not valid",
    "019": "the request for an acknowledgment is not valid",
    "020": "the test indicator is not valid",
    "021": "the number of groups is not valid",
    "022": "the control structure is not valid",
    "023": "the file ends before the interchange does",
    "024": "the interchange's content is not valid",
    "025": "the control number was used before",
    "026": "the element separator is not valid",
    "027": "the component separator is not valid",
    "028": "the delivery date is not valid",
    "029": "the delivery time is not valid",
    "030": "the delivery time's code is not valid",
    "031": "the grade of service is not valid",
}
"""TA105."""

GROUP_ERRORS: Final[Mapping[str, str]] = {
    "1": "the functional group is not supported",
    "2": "the group's version is not supported",
    "3": "the group's trailer is missing",
    "4": "the control numbers of the group's header and trailer are not the same",
    "5": "the number of sets is not the one there is",
    "6": "the group's control number breaks the syntax",
    "10": "the authentication key is not known",
    "11": "the encryption key is not known",
    "12": "the authentication or encryption is not available",
    "13": "the recipient of the security is not known",
    "14": "the authentication failed",
    "15": "the decryption failed",
    "16": "the security's result is not valid",
    "17": "the security's key is not valid",
    "18": "the security's scope is not valid",
    "19": "the group's control number is not unique in the interchange",
    "23": "the security's end is missing",
    "24": "the security's start is missing",
    "25": "the security's version is not supported",
    "26": "the security's certificate is not valid",
}
"""AK905 to AK909."""

SET_ERRORS: Final[Mapping[str, str]] = {
    "1": "the set is not supported",
    "2": "the set's trailer is missing",
    "3": "the control numbers of the set's header and trailer are not the same",
    "4": "the number of segments is not the one there is",
    "5": "one or more segments are in error",
    "6": "the set's identifier is missing or not valid",
    "7": "the set's control number is missing or not valid",
    "8": "the authentication key is not known",
    "9": "the encryption key is not known",
    "10": "the service is not available",
    "11": "the recipient of the security is not known",
    "12": "the message's length is not valid",
    "13": "the authentication failed",
    "15": "the decryption failed",
    "16": "the security's result is not valid",
    "17": "the security's key is not valid",
    "18": "the security's scope is not valid",
    "19": "the set's control number is not unique",
    "23": "the set's control number is not unique in its group",
    "24": "the security's end is missing",
    "25": "the security's start is missing",
    "26": "the security's version is not supported",
    "27": "the security's certificate is not valid",
    "I5": "one or more segments break the implementation guide",
    "I6": "the implementation guide is not supported",
}
"""IK502 to IK506."""

SEGMENT_ERRORS: Final[Mapping[str, str]] = {
    "1": "the segment is not known",
    "2": "the segment is not expected here",
    "3": "a required segment is missing",
    "4": "the loop occurs too often",
    "5": "the segment occurs too often",
    "6": "the segment is not in this set",
    "7": "the segment is not in its place",
    "8": "the segment has elements in error",
    "I4": "the segment is not used in this guide",
    "I6": "a segment that others here ask for is missing",
    "I7": "the loop occurs too rarely",
    "I8": "the segment occurs too rarely",
    "I9": "the segment is not used with others here",
}
"""IK304."""

ELEMENT_ERRORS: Final[Mapping[str, str]] = {
    "1": "a required element is missing",
    "2": "an element that others here ask for is missing",
    "3": "there are too many elements",
    "4": "the element is too short",
    "5": "the element is too long",
    "6": "the element has a character that is not valid",
    "7": "the element's code is not valid",
    "8": "the element's date is not valid",
    "9": "the element's time is not valid",
    "10": "the element may not stand beside others here",
    "11": "the element's separator is not valid",
    "12": "the element is repeated too often",
    "13": "the element has too many components",
    "I6": "the element's code is not used in this guide",
    "I9": "an element that others here ask for is missing",
    "I10": "the element is not used in this guide",
    "I11": "the element is repeated too rarely",
    "I12": "the element does not have the form this guide wants",
    "I13": "the element is not used with others here",
}
"""IK403."""
