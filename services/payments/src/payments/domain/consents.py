"""What a member agrees to who chooses autopay: each wording as it was shown, for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

ConsentWording: TypeAlias = Literal["v1"]
ConsentLanguage: TypeAlias = Literal["en", "es", "fr"]

CONSENTS: Final[Mapping[ConsentWording, Mapping[ConsentLanguage, str]]] = {
    "v1": {
        "en": "I allow the exchange to take what I owe on each monthly invoice from this card or bank account, on the"
        " day the invoice is due or, where it was declined or could not be asked that day, on the days after it. Each"
        " invoice says how much and when before it is taken. I can end this at any time, up to the day before.",
        "es": "Autorizo al mercado de seguros a cobrar lo que debo en cada factura mensual a esta tarjeta o cuenta"
        " bancaria, el día en que vence la factura o, si ese día se rechazó o no se pudo pedir, en los días siguientes."
        " Cada factura dice cuánto y cuándo antes de que se cobre. Puedo ponerle fin en cualquier momento, hasta el día"
        " anterior.",
        "fr": "J’autorise la bourse d’assurance à prélever sur cette carte ou ce compte bancaire ce que je dois"
        " pour chaque facture mensuelle, le jour où la facture est due ou, si ce jour-là il a été refusé ou n’a pas"
        " pu être demandé, les jours suivants. Chaque facture dit combien et quand avant le prélèvement. Je peux"
        " y mettre fin à tout moment, jusqu’à la veille.",
    },
}
"""By wording and language. One that was agreed to is never edited: another wording is another name."""
