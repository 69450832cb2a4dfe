//! The process table.

use std::ops::Index;
use std::rc::Rc;

use super::process::Process;
use super::world::Pid;

/// All processes of a world that have not been reaped, by pid.
///
/// A world is copied at each fork, and then most of its processes do nothing for a while: copies share a
/// process until one of them changes it. There are few at a time, so a sorted list is searched faster
/// than a tree.
#[derive(Clone, Default)]
pub(crate) struct ProcessTable {
    processes: Vec<(Pid, Rc<Process>)>,
}

impl ProcessTable {
    fn find(&self, pid: Pid) -> Result<usize, usize> {
        // The newest and the first are asked for most.
        match self.processes.last() {
            Some((last, _)) if *last == pid => Ok(self.processes.len() - 1),
            Some((last, _)) if *last < pid => Err(self.processes.len()),
            _ => self
                .processes
                .binary_search_by_key(&pid, |(known, _)| *known),
        }
    }

    /// The process of that pid.
    pub(crate) fn get(&self, pid: &Pid) -> Option<&Process> {
        let index = self.find(*pid).ok()?;
        Some(&self.processes[index].1)
    }

    /// The process of that pid, to be changed.
    pub(crate) fn get_mut(&mut self, pid: &Pid) -> Option<&mut Process> {
        let index = self.find(*pid).ok()?;
        Some(Rc::make_mut(&mut self.processes[index].1))
    }

    /// Whether there is such a process.
    pub(crate) fn contains_key(&self, pid: &Pid) -> bool {
        self.find(*pid).is_ok()
    }

    /// Adds a process, in place of one that had its pid.
    pub(crate) fn insert(&mut self, process: Process) {
        let entry = (process.pid, Rc::new(process));
        match self.find(entry.0) {
            Ok(index) => self.processes[index] = entry,
            Err(index) => self.processes.insert(index, entry),
        }
    }

    /// Takes a process out, if it is there.
    pub(crate) fn remove(&mut self, pid: &Pid) {
        if let Ok(index) = self.find(*pid) {
            self.processes.remove(index);
        }
    }

    /// How many processes have a lower pid than that one, if it is there.
    pub(crate) fn rank(&self, pid: Pid) -> Option<usize> {
        self.find(pid).ok()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.processes.len()
    }

    /// The process before which so many others stand in the order of pids.
    pub(crate) fn at(&self, rank: usize) -> Option<&Process> {
        self.processes.get(rank).map(|(_, process)| &**process)
    }

    /// All pids, in order.
    pub(crate) fn pids(&self) -> impl Iterator<Item = Pid> {
        self.processes.iter().map(|(pid, _)| *pid)
    }

    /// All processes, by pid.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Process> {
        self.processes.iter().map(|(_, process)| &**process)
    }

    /// All processes, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Process> {
        self.changing(|_| true)
    }

    /// Those of which something holds, to be changed; the others stay shared.
    pub(crate) fn changing(
        &mut self,
        which: impl Fn(&Process) -> bool,
    ) -> impl Iterator<Item = &mut Process> {
        let all = self.processes.iter_mut().map(|(_, process)| process);
        all.filter(move |process| which(process)).map(Rc::make_mut)
    }
}

impl Index<&Pid> for ProcessTable {
    type Output = Process;

    fn index(&self, pid: &Pid) -> &Process {
        self.get(pid)
            .expect("a process stays in the table while it is stepped")
    }
}
