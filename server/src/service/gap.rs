//! Time lost on one PC or in one room, proposed to the proctor with the measured gap. Each gap goes into the chain when it is
//! measured, and so does what the proctor decides: a grant is a ledger row like any other. What is not decided is in memory
//! alone; after a restart the chain still tells it, and nobody proposes it any more.

use std::collections::BTreeMap;

use delivery::gap::{Gap, Proposal, proposals};
use kaochang_app::{
    notice::{Code, Notice},
    view::ProposalView,
};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    hall::{Hall, Session, Sitting},
    proctor::{Grant, MINUTE_MS, reason},
    sitting::as_u32,
};
use crate::store::{StoreError, audit::Act};

impl Centre {
    /// Writes the gaps down that were measured since the last tick.
    pub(crate) async fn tell_gaps(&self) -> Result<(), StoreError> {
        let sessions = untold(&self.hall());
        for session in sessions {
            let mut acting = self.begin(&session).await?;
            let at_ms = self.world.wall_ms();
            let gaps = untold_of(&self.hall(), &session);
            let act = |(sitting, gap): &(String, Gap)| {
                (sitting.clone(), json!({ "ms": gap.length_ms(), "went_on": gap.went_on }))
            };
            let told: Vec<(String, serde_json::Value)> = gaps.iter().map(act).collect();
            let acts: Vec<Act<'_>> = told
                .iter()
                .map(|(sitting, detail)| Act {
                    at_ms,
                    actor: "system",
                    act: "gap.measured",
                    subject: sitting,
                    detail: detail.clone(),
                })
                .collect();
            acting.append(&acts).await?;
            let mut hall = acting.commit().await?;
            for (sitting, gap) in gaps {
                let live = hall.sitting_mut(&session, &sitting);
                let open = live.into_iter().flat_map(|live| live.signs.gaps.iter_mut());
                open.filter(|(its, _)| *its == gap).for_each(|(_, told)| *told = true);
            }
        }
        Ok(())
    }

    /// What is proposed in a room, the room's own first.
    pub(crate) fn proposal_views(session: &Session, room_id: &str) -> Vec<ProposalView> {
        let view = |proposal: &Proposal<'_>| ProposalView {
            sitting: proposal.sitting.map(str::to_owned),
            seat: proposal.sitting.and_then(|id| session.sittings.get(id)).map_or(0, |sitting| sitting.seat),
            silent: as_u32(proposal.silent().len()),
            went_on: as_u32(proposal.went_on().len()),
            gap_ms: proposal.gap_ms,
            minutes: u32::try_from((proposal.gap_ms + MINUTE_MS - 1) / MINUTE_MS).unwrap_or(u32::MAX),
        };
        in_room(session, room_id).iter().map(view).collect()
    }

    /// Grants what is proposed for one, or for the room, in the minutes that the proctor says.
    pub async fn grant_gap(
        &self,
        room_id: &str,
        sitting: Option<&str>,
        actor: &Staff,
        grant: &Grant,
    ) -> Result<Notice, Refusal> {
        let settled = self.proposed(room_id, sitting)?;
        let granted = self.extend(room_id, sitting, actor, grant).await?;
        self.gaps_settled(room_id, &settled);
        Ok(granted)
    }

    /// Dismisses it, with a reason.
    pub async fn dismiss_gap(
        &self,
        room_id: &str,
        sitting: Option<&str>,
        actor: &Staff,
        why: &str,
    ) -> Result<Notice, Refusal> {
        let why = reason(why)?;
        let settled = self.proposed(room_id, sitting)?;
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        self.in_room(room_id, actor, |_, _| Ok(()))?;
        let at_ms = self.world.wall_ms();
        let acts: Vec<Act<'_>> = settled
            .iter()
            .map(|(id, gaps)| Act {
                at_ms,
                actor: &actor.login,
                act: "gap.dismissed",
                subject: id,
                detail: json!({ "ms": gaps.iter().map(Gap::length_ms).sum::<i64>(), "reason": why }),
            })
            .collect();
        acting.append(&acts).await?;
        drop(acting.commit().await?);
        self.gaps_settled(room_id, &settled);
        Ok(Code::GapDismissed.into())
    }

    /// The gaps behind a proposal, by sitting.
    fn proposed(&self, room_id: &str, sitting: Option<&str>) -> Result<BTreeMap<String, Vec<Gap>>, Refusal> {
        let hall = self.hall();
        let (session, _) = hall.room(room_id).ok_or(Refusal::NotFound)?;
        let proposal = in_room(session, room_id).into_iter().find(|proposal| proposal.sitting == sitting);
        let mut open: BTreeMap<String, Vec<Gap>> = BTreeMap::new();
        for (id, gap) in proposal.ok_or(Code::GapGone)?.gaps {
            open.entry(id.to_owned()).or_default().push(gap);
        }
        Ok(open)
    }

    /// Nobody proposes these any more.
    fn gaps_settled(&self, room_id: &str, settled: &BTreeMap<String, Vec<Gap>>) {
        let mut hall = self.hall();
        let Some(session) = hall.room(room_id).map(|(session, _)| session.id.clone()) else { return };
        for (id, gaps) in settled {
            if let Some(live) = hall.sitting_mut(&session, id) {
                live.signs.gaps.retain(|(gap, _)| !gaps.contains(gap));
            }
        }
    }
}

fn in_room<'a>(session: &'a Session, room_id: &str) -> Vec<Proposal<'a>> {
    let writing = session.sittings.values().filter(|s| s.room == room_id && s.sitting.is_writing());
    let writing: Vec<&Sitting> = writing.collect();
    let its = |s: &&'a Sitting| -> Vec<(&'a str, Gap)> {
        s.signs.gaps.iter().map(|(gap, _)| (s.id.as_str(), *gap)).collect()
    };
    let gaps: Vec<(&str, Gap)> = writing.iter().flat_map(its).collect();
    proposals(&gaps, writing.len())
}

/// Sessions with a gap that the chain does not tell yet.
fn untold(hall: &Hall) -> Vec<String> {
    let has = |session: &&Session| session.sittings.values().any(|s| s.signs.gaps.iter().any(|(_, told)| !told));
    hall.sessions.values().filter(has).map(|session| session.id.clone()).collect()
}

fn untold_of(hall: &Hall, session: &str) -> Vec<(String, Gap)> {
    let sittings = hall.sessions.get(session).into_iter().flat_map(|session| session.sittings.values());
    let its = |s: &Sitting| -> Vec<(String, Gap)> {
        s.signs.gaps.iter().filter(|(_, told)| !told).map(|(gap, _)| (s.id.clone(), *gap)).collect()
    };
    sittings.flat_map(its).collect()
}
