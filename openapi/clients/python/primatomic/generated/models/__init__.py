"""Contains all the data models used in inputs/outputs"""

from .accept_body import AcceptBody
from .accepted_invitation import AcceptedInvitation
from .account_body import AccountBody
from .activity import Activity
from .activity_step import ActivityStep
from .actor import Actor
from .actor_kind import ActorKind
from .adjustment_body import AdjustmentBody
from .append_answer import AppendAnswer
from .append_batch_answer import AppendBatchAnswer
from .audit_event import AuditEvent
from .audit_page import AuditPage
from .begin_second_factor_body import BeginSecondFactorBody
from .bill_body import BillBody
from .billed_meter import BilledMeter
from .cap_body import CapBody
from .change_password_body import ChangePasswordBody
from .checkout_answer import CheckoutAnswer
from .checkout_body import CheckoutBody
from .code_body import CodeBody
from .cost_body import CostBody
from .create_invitation_body import CreateInvitationBody
from .create_key_body import CreateKeyBody
from .create_log_body import CreateLogBody
from .create_tenant_body import CreateTenantBody
from .created_key import CreatedKey
from .created_log import CreatedLog
from .created_tenant import CreatedTenant
from .delete_tenant_body import DeleteTenantBody
from .deleted import Deleted
from .deleted_kind import DeletedKind
from .deletion_body import DeletionBody
from .deletion_job_state import DeletionJobState
from .deletion_list import DeletionList
from .deletion_step_name import DeletionStepName
from .density import Density
from .direction import Direction
from .disable_second_factor_body import DisableSecondFactorBody
from .email_body import EmailBody
from .encoding import Encoding
from .error import Error
from .event_body import EventBody
from .event_page_body import EventPageBody
from .exact_use import ExactUse
from .exchange_body import ExchangeBody
from .explained_usage import ExplainedUsage
from .free_tier import FreeTier
from .halt import Halt
from .health_body import HealthBody
from .health_status import HealthStatus
from .invitation_body import InvitationBody
from .invitation_list import InvitationList
from .invitation_offer import InvitationOffer
from .invoice_body import InvoiceBody
from .key_body import KeyBody
from .key_list import KeyList
from .live_body import LiveBody
from .log_body import LogBody
from .log_changes_body import LogChangesBody
from .log_list import LogList
from .login_answer import LoginAnswer
from .login_body import LoginBody
from .member_body import MemberBody
from .member_list import MemberList
from .membership_body import MembershipBody
from .meter_name import MeterName
from .notices_body import NoticesBody
from .part_health import PartHealth
from .portal_answer import PortalAnswer
from .portal_body import PortalBody
from .problem_body import ProblemBody
from .quota import Quota
from .quotas import Quotas
from .rate_limit import RateLimit
from .ready_body import ReadyBody
from .recovery_codes import RecoveryCodes
from .removed_member import RemovedMember
from .reset_body import ResetBody
from .retention import Retention
from .revoked_keys import RevokedKeys
from .role import Role
from .role_body import RoleBody
from .rotate_key_body import RotateKeyBody
from .rotated_key import RotatedKey
from .second_factor_secret import SecondFactorSecret
from .sent_invitation import SentInvitation
from .session import Session
from .session_list import SessionList
from .snapshot import Snapshot
from .state import State
from .step import Step
from .success import Success
from .switch_tenant_body import SwitchTenantBody
from .tenant_body import TenantBody
from .tenant_deletion_body import TenantDeletionBody
from .token_answer import TokenAnswer
from .upload_answer import UploadAnswer
from .usage_body import UsageBody
from .usage_period import UsagePeriod
from .usage_record_body import UsageRecordBody
from .verify_body import VerifyBody
from .version import Version
from .view import View
from .view_list import ViewList
from .view_state import ViewState

__all__ = (
    "AcceptBody",
    "AcceptedInvitation",
    "AccountBody",
    "Activity",
    "ActivityStep",
    "Actor",
    "ActorKind",
    "AdjustmentBody",
    "AppendAnswer",
    "AppendBatchAnswer",
    "AuditEvent",
    "AuditPage",
    "BeginSecondFactorBody",
    "BillBody",
    "BilledMeter",
    "CapBody",
    "ChangePasswordBody",
    "CheckoutAnswer",
    "CheckoutBody",
    "CodeBody",
    "CostBody",
    "CreateInvitationBody",
    "CreateKeyBody",
    "CreateLogBody",
    "CreateTenantBody",
    "CreatedKey",
    "CreatedLog",
    "CreatedTenant",
    "DeleteTenantBody",
    "Deleted",
    "DeletedKind",
    "DeletionBody",
    "DeletionJobState",
    "DeletionList",
    "DeletionStepName",
    "Density",
    "Direction",
    "DisableSecondFactorBody",
    "EmailBody",
    "Encoding",
    "Error",
    "EventBody",
    "EventPageBody",
    "ExactUse",
    "ExchangeBody",
    "ExplainedUsage",
    "FreeTier",
    "Halt",
    "HealthBody",
    "HealthStatus",
    "InvitationBody",
    "InvitationList",
    "InvitationOffer",
    "InvoiceBody",
    "KeyBody",
    "KeyList",
    "LiveBody",
    "LogBody",
    "LogChangesBody",
    "LogList",
    "LoginAnswer",
    "LoginBody",
    "MemberBody",
    "MemberList",
    "MembershipBody",
    "MeterName",
    "NoticesBody",
    "PartHealth",
    "PortalAnswer",
    "PortalBody",
    "ProblemBody",
    "Quota",
    "Quotas",
    "RateLimit",
    "ReadyBody",
    "RecoveryCodes",
    "RemovedMember",
    "ResetBody",
    "Retention",
    "RevokedKeys",
    "Role",
    "RoleBody",
    "RotateKeyBody",
    "RotatedKey",
    "SecondFactorSecret",
    "SentInvitation",
    "Session",
    "SessionList",
    "Snapshot",
    "State",
    "Step",
    "Success",
    "SwitchTenantBody",
    "TenantBody",
    "TenantDeletionBody",
    "TokenAnswer",
    "UploadAnswer",
    "UsageBody",
    "UsagePeriod",
    "UsageRecordBody",
    "VerifyBody",
    "Version",
    "View",
    "ViewList",
    "ViewState",
)
