"""The 834's code lists that are long or used in more than one place."""

from __future__ import annotations

RELATIONSHIPS = (
    *(
        "01",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
        "16",
        "17",
        "18",
        "19",
    ),
    *("23", "24", "25", "26", "31", "38", "53", "60", "D2", "G8", "G9"),
)
SELF = "18"

MAINTENANCE_TYPES = ("001", "021", "024", "025", "030")

MAINTENANCE_REASONS = (
    *(
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
        "14",
        "15",
        "16",
        "17",
        "18",
        "20",
        "21",
    ),
    *("22", "25", "26", "27", "28", "29", "31", "32", "33", "37", "38", "39", "40", "41", "43", "59"),
    *("AA", "AB", "AC", "AD", "AE", "AF", "AG", "AH", "AI", "AJ", "AL", "EC", "XN", "XT"),
)

EMPLOYMENT_STATUSES = ("AC", "AO", "AU", "FT", "L1", "PT", "RT", "TE")

COBRA_EVENTS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "ZZ")

TIME_ZONES = (
    *(f"{hours:02d}" for hours in range(1, 25)),
    *("AD", "AS", "AT", "CD", "CS", "CT", "ED", "ES", "ET", "GM", "HD", "HS", "HT", "LT", "MD", "MS", "MT"),
    *("ND", "NS", "NT", "PD", "PS", "PT", "TD", "TS", "TT", "UT"),
)

MEMBER_REFERENCES = ("17", "23", "3H", "4A", "6O", "ABB", "D3", "DX", "F6", "P5", "Q4", "QQ", "ZZ")

MEMBER_DATES = (
    *(
        "050",
        "286",
        "296",
        "297",
        "300",
        "301",
        "303",
        "336",
        "337",
        "338",
        "339",
        "340",
        "341",
        "350",
        "351",
    ),
    *("356", "357", "383", "385", "386", "393", "394", "473", "474"),
)

COVERAGE_DATES = ("300", "303", "343", "348", "349", "543", "695")

COVERAGE_REFERENCES = (
    *("17", "1L", "9V", "CE", "E8", "M7", "PID", "RB", "X9", "XM", "XX1", "XX2", "ZX", "ZZ"),
)

COVERAGE_MAINTENANCE = ("001", "002", "021", "024", "025", "026", "030", "032")

INSURANCE_LINES = (
    *("AG", "AH", "AJ", "AK", "DCP", "DEN", "EPO", "FAC", "HE", "HLT", "HMO", "LTC", "LTD", "MM", "MOD"),
    *("PDG", "POS", "PPO", "PRA", "STD", "UR", "VIS"),
)

COVERAGE_LEVELS = (
    *("CHD", "DEP", "E1D", "E2D", "E3D", "E5D", "E6D", "E7D", "E8D", "E9D", "ECH", "EMP", "ESP", "FAM"),
    *("IND", "SPC", "SPO", "TWO"),
)

COMMUNICATION = ("AP", "BN", "CP", "EM", "EX", "FX", "HP", "TE", "WP")

AMOUNTS = ("B9", "C1", "D2", "EBA", "FK", "P3", "R")

CATEGORY_REFERENCES = (
    *("00", "17", "18", "19", "26", "3L", "6M", "9V", "9X", "GE", "LU", "PID", "XX1", "XX2", "YY", "ZZ"),
)

RESPONSIBLE_PERSONS = ("6Y", "9K", "E1", "EI", "EXS", "GB", "GD", "J6", "LR", "QD", "S1", "TZ", "X4")

PROVIDERS = ("1X", "3D", "80", "FA", "OD", "P3", "QA", "QN", "Y2")
