//! What may happen in a history.

use proptest::prelude::*;

/// One change; the numbers choose among what is there.
#[derive(Clone, Debug)]
pub(in super::super) enum Step {
    CreateTenant(u8),
    ScheduleDeletion(u8),
    CancelDeletion(u8),
    DeleteTenant(u8),
    SetRate(u8, Option<u32>),
    SetQuotas(u8, Option<u64>),
    SetCap(u8, Option<u64>),
    RequestVerification(u8, u8),
    Verify(u8),
    RequestReset(u8, u8),
    ResetPassword(u8),
    Invite(u8, u8, u8),
    Accept(u8),
    RevokeInvitation(u8),
    ChangeRole(u8, u8, u8),
    RemoveMember(u8, u8),
    CreateKey(u8, u8, bool),
    CreateKeyWithKey(u8),
    RotateKey(u8, u8),
    RotateKeyOfAnother(u8, u8, u8),
    RotateKeyWithKey(u8, u8, u8),
    RevokeKey(u8),
    CreateLog(u8, u8),
    CreateLogs(u8, u8),
    UpdateLog(u8, Option<bool>, bool),
    DeleteLog(u8),
    Upload(u8, u8, u8),
    Activate(u8),
    Fail(u8, u8),
    Halt(u8, u8),
    DeleteView(u8, u8),
}

pub(in super::super) fn step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    prop_oneof![
        1 => (0u8..6).prop_map(Step::CreateTenant),
        1 => n().prop_map(Step::ScheduleDeletion),
        1 => n().prop_map(Step::CancelDeletion),
        1 => n().prop_map(Step::DeleteTenant),
        1 => (n(), any::<Option<u32>>()).prop_map(|(a, b)| Step::SetRate(a, b)),
        1 => (n(), any::<Option<u32>>()).prop_map(|(a, b)| Step::SetQuotas(a, b.map(u64::from))),
        1 => (n(), any::<Option<u32>>()).prop_map(|(a, b)| Step::SetCap(a, b.map(u64::from))),
        2 => (n(), n()).prop_map(|(a, b)| Step::RequestVerification(a, b)),
        1 => n().prop_map(Step::Verify),
        1 => (n(), n()).prop_map(|(a, b)| Step::RequestReset(a, b)),
        1 => n().prop_map(Step::ResetPassword),
        2 => (n(), 0u8..6, n()).prop_map(|(a, b, c)| Step::Invite(a, b, c)),
        2 => n().prop_map(Step::Accept),
        1 => n().prop_map(Step::RevokeInvitation),
        2 => (n(), n(), n()).prop_map(|(a, b, c)| Step::ChangeRole(a, b, c)),
        1 => (n(), n()).prop_map(|(a, b)| Step::RemoveMember(a, b)),
        2 => (n(), n(), any::<bool>()).prop_map(|(a, b, c)| Step::CreateKey(a, b, c)),
        1 => n().prop_map(Step::CreateKeyWithKey),
        2 => (n(), 0u8..20).prop_map(|(a, b)| Step::RotateKey(a, b)),
        2 => (n(), n(), 0u8..20).prop_map(|(a, b, c)| Step::RotateKeyOfAnother(a, b, c)),
        1 => (n(), n(), 0u8..20).prop_map(|(a, b, c)| Step::RotateKeyWithKey(a, b, c)),
        1 => n().prop_map(Step::RevokeKey),
        4 => (n(), 0u8..8).prop_map(|(a, b)| Step::CreateLog(a, b)),
        1 => (n(), 1u8..5).prop_map(|(a, b)| Step::CreateLogs(a, b)),
        2 => (n(), any::<Option<bool>>(), any::<bool>())
            .prop_map(|(a, b, c)| Step::UpdateLog(a, b, c)),
        1 => n().prop_map(Step::DeleteLog),
        8 => (n(), 0u8..4, n()).prop_map(|(a, b, c)| Step::Upload(a, b, c)),
        6 => n().prop_map(Step::Activate),
        2 => (n(), n()).prop_map(|(a, b)| Step::Fail(a, b)),
        2 => (n(), n()).prop_map(|(a, b)| Step::Halt(a, b)),
        1 => (n(), 0u8..4).prop_map(|(a, b)| Step::DeleteView(a, b)),
    ]
}

/// The beginning of every history: one change of each kind, so that none is left to chance.
pub(in super::super) fn opening() -> Vec<Step> {
    vec![
        Step::SetRate(0, Some(9)),
        Step::SetQuotas(0, Some(9)),
        Step::SetCap(0, Some(9)),
        Step::RequestVerification(0, 99),
        Step::Verify(0),
        Step::RequestReset(0, 99),
        Step::ResetPassword(0),
        Step::CreateKey(0, 0, false),
        Step::CreateKeyWithKey(0),
        Step::RotateKey(0, 9),
        Step::RotateKey(0, 0),
        Step::RevokeKey(0),
        // An admin makes a key, is demoted and leaves.
        Step::Invite(0, 0, 2),
        Step::Accept(0),
        Step::CreateKey(1, 2, false),
        // The owner takes another one over, and the admin goes on with the secret from before.
        Step::CreateKey(1, 2, false),
        Step::RotateKeyOfAnother(0, 3, 19),
        Step::CreateKeyWithKey(5),
        Step::RotateKeyWithKey(5, 3, 19),
        Step::RotateKeyOfAnother(0, 3, 19),
        Step::ChangeRole(0, 1, 1),
        Step::RemoveMember(0, 1),
        Step::Invite(0, 1, 2),
        Step::RevokeInvitation(1),
        Step::CreateLog(0, 0),
        Step::UpdateLog(0, Some(true), true),
        Step::Upload(0, 0, 1),
        Step::Activate(0),
        Step::Upload(0, 0, 2),
        Step::Activate(1),
        Step::Upload(0, 0, 3),
        Step::Fail(2, 7),
        // The view has as many versions as it may, so the oldest idle one is removed.
        Step::Upload(0, 0, 4),
        Step::Halt(1, 7),
        Step::DeleteView(0, 0),
        Step::DeleteLog(0),
        Step::CreateTenant(5),
        // Behind the first tenant's owner and its former admin.
        Step::CreateLog(2, 0),
        Step::ScheduleDeletion(2),
        Step::CancelDeletion(2),
        Step::DeleteTenant(2),
    ]
}
