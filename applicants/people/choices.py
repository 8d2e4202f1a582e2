"""Closed lists of answers. Their codes are the values of the facts that policies look at."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override


class NumberKind(TextChoices):
    """The paper an identity number stands on. ``applicants.people.identities`` knows how each is built."""

    RESIDENT = "resident_id", _("居民身份证")
    RESIDENCE_PERMIT = "residence_permit", _("港澳台居民居住证")
    FOREIGN_PERMANENT = "foreign_permanent", _("外国人永久居留身份证")
    HK_MACAO_TRAVEL = "hk_macao_travel", _("港澳居民来往内地通行证")
    TAIWAN_TRAVEL = "taiwan_travel", _("台湾居民来往大陆通行证")
    PASSPORT = "passport", _("护照")

    @property
    def in_chinese(self) -> str:
        """The name of the paper for files of the office and the bank, whoever writes them."""
        with override("zh-hans"):
            return str(self.label)


class YesNo(TextChoices):
    """A question with two answers; none given yet is ""."""

    YES = "yes", _("是")
    NO = "no", _("否")


class EducationLevel(TextChoices):
    """The highest level a diploma proves. A 专升本 diploma is a bachelor's, studied full-time."""

    DOCTOR = "doctor", _("博士研究生")
    MASTER = "master", _("硕士研究生")
    BACHELOR = "bachelor", _("本科")
    TECHNICIAN = "technician", _("预备技师（技师）班")
    DIPLOMA = "diploma", _("大专")
    SENIOR_WORKER = "senior_worker", _("高级工班")
    SECONDARY = "secondary", _("高中或中专")
    OTHER = "other", _("其他学历")


class StudyMode(TextChoices):
    """How the degree was studied."""

    FULL_TIME = "full_time", _("全日制")
    PART_TIME = "part_time", _("非全日制（成人教育、自学考试、网络教育、在职攻读）")


class EmployerKind(TextChoices):
    """What kind of employer it is."""

    PRIVATE_ENTERPRISE = "private_enterprise", _("民营企业")
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise", _("民办非企业单位（社会服务机构）")
    SELF_EMPLOYED = "self_employed", _("自主创业（本人开办的企业或个体工商户）")
    STATE_ENTERPRISE = "state_enterprise", _("国有企业")
    PUBLIC_INSTITUTION = "public_institution", _("事业单位")
    STATE_ORGAN = "state_organ", _("国家机关")
    OTHER = "other", _("其他单位")


class InsuredWith(TextChoices):
    """Who paid the insurance of a range of months."""

    PRESENT = "present", _("现单位")
    OTHER = "other", _("其他单位或个人")
