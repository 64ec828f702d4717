"""The payload of a mark: what the barcode on a mark sheet says, and whether to believe it (SPEC D7)."""

from distwire.marks.payload import FORM, Finding, Judgement, Mark, judge_payload, sign_mark

__all__ = ["FORM", "Finding", "Judgement", "Mark", "judge_payload", "sign_mark"]
