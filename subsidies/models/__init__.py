"""The living subsidy, and the money that leaves: payables, rolls, bank results."""

from subsidies.models.living import LivingSubsidy
from subsidies.models.payable import Payable
from subsidies.models.roll import BankResult, Roll, RollFile, RollLine

__all__ = ["BankResult", "LivingSubsidy", "Payable", "Roll", "RollFile", "RollLine"]
