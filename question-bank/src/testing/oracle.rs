//! The oracle: every conforming paper of a small bank, found by trying every set of questions.
//!
//! Slow and plain on purpose: what the drawer and the checker do is held against it, so it shares no code with either.

use crate::blueprint::{Blueprint, Limit, Mix};
use crate::earlier::EarlierPapers;
use crate::question::Revision;

/// Every set of questions that meets the blueprint, as ascending ids, the sets in ascending order. `sitting` is whose
/// earlier papers count.
///
/// The bank holds each question once; about 20 questions, of which a paper takes 8, are the most that is quick.
pub(crate) fn conforming(
    blueprint: &Blueprint,
    bank: &[Revision],
    earlier: &EarlierPapers,
    sitting: Option<&str>,
) -> Vec<Vec<String>> {
    let size: u32 = blueprint.kinds.iter().map(|quota| quota.count).sum();
    let mut found = Vec::new();
    for chosen in subsets(bank, size as usize) {
        if conforms(&chosen, blueprint, bank, earlier, sitting) {
            let mut ids: Vec<_> = chosen.iter().map(|one| one.question.clone()).collect();
            ids.sort();
            found.push(ids);
        }
    }
    found.sort();
    found
}

/// Every subset of this size.
fn subsets(bank: &[Revision], size: usize) -> Vec<Vec<&Revision>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let Some((first, rest)) = bank.split_first() else { return Vec::new() };
    let with_first = subsets(rest, size - 1).into_iter().map(|mut subset| {
        subset.push(first);
        subset
    });
    with_first.chain(subsets(rest, size)).collect()
}

/// Whether these questions, in whatever order, are a paper that meets the blueprint.
pub(crate) fn conforms(
    chosen: &[&Revision],
    blueprint: &Blueprint,
    bank: &[Revision],
    earlier: &EarlierPapers,
    sitting: Option<&str>,
) -> bool {
    meets_kinds_and_functions(chosen, blueprint)
        && meets_levels(chosen, blueprint)
        && meets_difficulty(chosen, blueprint)
        && meets_limits(chosen, blueprint)
        && meets_knowledge(chosen, blueprint, bank)
        && meets_lists(chosen, blueprint, earlier, sitting)
}

fn count(chosen: &[&Revision], wanted: impl Fn(&Revision) -> bool) -> u32 {
    let mut count = 0;
    for one in chosen {
        if wanted(one) {
            count += 1;
        }
    }
    count
}

fn milli(one: &Revision, blueprint: &Blueprint) -> u32 {
    blueprint.kinds.iter().find(|quota| quota.kind == one.kind).map_or(0, |quota| quota.points_milli)
}

fn meets_kinds_and_functions(chosen: &[&Revision], blueprint: &Blueprint) -> bool {
    let whole: u32 = blueprint.points.iter().map(|(_, points)| points).sum();
    let known = |one: &Revision| {
        one.tags.standard == blueprint.standard
            && blueprint.points.iter().any(|(function, _)| *function == one.tags.function)
            && blueprint.kinds.iter().any(|quota| quota.kind == one.kind)
    };
    if !chosen.iter().all(|one| known(one)) {
        return false;
    }
    for quota in &blueprint.kinds {
        if count(chosen, |one| one.kind == quota.kind) != quota.count {
            return false;
        }
    }
    for (function, points) in &blueprint.points {
        let inside = chosen.iter().filter(|one| one.tags.function == *function);
        if inside.map(|one| milli(one, blueprint)).sum::<u32>() != points * 1000 {
            return false;
        }
        for quota in &blueprint.kinds {
            let both = count(chosen, |one| one.kind == quota.kind && one.tags.function == *function);
            if blueprint.mix == Mix::Even && both * whole != quota.count * points {
                return false;
            }
        }
    }
    true
}

fn meets_levels(chosen: &[&Revision], blueprint: &Blueprint) -> bool {
    let lower = count(chosen, |one| one.tags.level != blueprint.level);
    match &blueprint.lower_levels {
        None => lower == 0,
        Some(wanted) => {
            let permitted = count(chosen, |one| wanted.levels.contains(&one.tags.level));
            permitted == lower && (wanted.min..=wanted.max).contains(&lower)
        }
    }
}

fn meets_difficulty(chosen: &[&Revision], blueprint: &Blueprint) -> bool {
    let Some(difficulty) = &blueprint.difficulty else { return true };
    if let Some(mean) = difficulty.mean {
        // Every question's departure from the target, weighed by its points; the sum is whole × (mean − target).
        let (mut departure, mut whole) = (0_i64, 0_i64);
        for one in chosen {
            let weight = i64::from(milli(one, blueprint));
            departure += weight * (i64::from(one.difficulty_permille) - i64::from(mean.target_permille));
            whole += weight;
        }
        if departure.abs() > whole * i64::from(mean.tolerance_permille) {
            return false;
        }
    }
    let mut counts = vec![0; difficulty.bands.len()];
    for one in chosen {
        if let Some(place) = difficulty.bands.iter().position(|band| one.difficulty_permille >= band.at_least_permille)
        {
            counts[place] += 1;
        }
    }
    difficulty.bands.iter().zip(counts).all(|(band, count)| band.min <= count && count <= band.max)
}

fn is_on(limit: &Limit, one: &Revision, blueprint: &Blueprint) -> bool {
    let level = limit.level.clone().unwrap_or(blueprint.level.clone());
    let part = match (&limit.work_content, &limit.knowledge) {
        (Some(code), None) => *code == one.tags.work_content,
        (None, Some(code)) => *code == one.tags.knowledge,
        _ => panic!("a limit is on one part"),
    };
    part && limit.function == one.tags.function && level == one.tags.level
}

fn meets_limits(chosen: &[&Revision], blueprint: &Blueprint) -> bool {
    blueprint.limits.iter().all(|limit| {
        let count = count(chosen, |one| is_on(limit, one, blueprint));
        limit.min <= count && count <= limit.max.unwrap_or(u32::MAX)
    })
}

/// Asks for each question of the bank how many of its knowledge point are on the paper.
fn meets_knowledge(chosen: &[&Revision], blueprint: &Blueprint, bank: &[Revision]) -> bool {
    let Some(span) = blueprint.knowledge else { return true };
    bank.iter().all(|asked| {
        let limited = blueprint.limits.iter().any(|limit| limit.knowledge.is_some() && is_on(limit, asked, blueprint));
        let wanted = asked.tags.standard == blueprint.standard
            && asked.tags.level == blueprint.level
            && blueprint.points.iter().any(|(function, _)| *function == asked.tags.function);
        let count = count(chosen, |one| {
            one.tags.level == asked.tags.level
                && one.tags.function == asked.tags.function
                && one.tags.knowledge == asked.tags.knowledge
        });
        limited || (count <= span.max.unwrap_or(u32::MAX) && (count >= span.min || !wanted))
    })
}

fn meets_lists(chosen: &[&Revision], blueprint: &Blueprint, earlier: &EarlierPapers, sitting: Option<&str>) -> bool {
    let shared = |list: &Vec<String>| count(chosen, |one| list.contains(&one.question));
    let seen = sitting.and_then(|sitting| earlier.seen.get(sitting));
    blueprint.enemies.iter().all(|set| shared(set) <= 1)
        && blueprint.must.iter().all(|question| shared(&vec![question.clone()]) == 1)
        && shared(&blueprint.never) == 0
        && seen.is_none_or(|list| shared(list) == 0)
        && blueprint
            .earlier
            .iter()
            .all(|wanted| earlier.named.get(&wanted.paper).is_some_and(|list| shared(list) <= wanted.overlap_max))
}
