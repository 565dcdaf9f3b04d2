"""Contains all the data models used in inputs/outputs"""

from .actor import Actor
from .actor_kind import ActorKind
from .append_answer import AppendAnswer
from .append_batch_answer import AppendBatchAnswer
from .audit_event import AuditEvent
from .audit_page import AuditPage
from .create_key_body import CreateKeyBody
from .create_log_body import CreateLogBody
from .create_tenant_body import CreateTenantBody
from .created_key import CreatedKey
from .created_log import CreatedLog
from .created_tenant import CreatedTenant
from .delete_tenant_body import DeleteTenantBody
from .deletion_job_state import DeletionJobState
from .deletion_step_name import DeletionStepName
from .direction import Direction
from .email_body import EmailBody
from .encoding import Encoding
from .error import Error
from .event_body import EventBody
from .event_page_body import EventPageBody
from .exchange_body import ExchangeBody
from .halt import Halt
from .health_body import HealthBody
from .health_status import HealthStatus
from .key_body import KeyBody
from .key_list import KeyList
from .live_body import LiveBody
from .log_body import LogBody
from .log_changes_body import LogChangesBody
from .log_list import LogList
from .login_answer import LoginAnswer
from .login_body import LoginBody
from .membership_body import MembershipBody
from .part_health import PartHealth
from .problem_body import ProblemBody
from .quota import Quota
from .quotas import Quotas
from .rate_limit import RateLimit
from .ready_body import ReadyBody
from .retention import Retention
from .revoked_keys import RevokedKeys
from .role import Role
from .rotate_key_body import RotateKeyBody
from .rotated_key import RotatedKey
from .snapshot import Snapshot
from .state import State
from .success import Success
from .tenant_body import TenantBody
from .tenant_deletion_body import TenantDeletionBody
from .token_answer import TokenAnswer
from .upload_answer import UploadAnswer
from .verify_body import VerifyBody
from .version import Version
from .view import View
from .view_list import ViewList

__all__ = (
    "Actor",
    "ActorKind",
    "AppendAnswer",
    "AppendBatchAnswer",
    "AuditEvent",
    "AuditPage",
    "CreateKeyBody",
    "CreateLogBody",
    "CreateTenantBody",
    "CreatedKey",
    "CreatedLog",
    "CreatedTenant",
    "DeleteTenantBody",
    "DeletionJobState",
    "DeletionStepName",
    "Direction",
    "EmailBody",
    "Encoding",
    "Error",
    "EventBody",
    "EventPageBody",
    "ExchangeBody",
    "Halt",
    "HealthBody",
    "HealthStatus",
    "KeyBody",
    "KeyList",
    "LiveBody",
    "LogBody",
    "LogChangesBody",
    "LogList",
    "LoginAnswer",
    "LoginBody",
    "MembershipBody",
    "PartHealth",
    "ProblemBody",
    "Quota",
    "Quotas",
    "RateLimit",
    "ReadyBody",
    "Retention",
    "RevokedKeys",
    "Role",
    "RotateKeyBody",
    "RotatedKey",
    "Snapshot",
    "State",
    "Success",
    "TenantBody",
    "TenantDeletionBody",
    "TokenAnswer",
    "UploadAnswer",
    "VerifyBody",
    "Version",
    "View",
    "ViewList",
)
