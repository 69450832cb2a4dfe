//! Rewriting files so that the signal arrives.
//!
//! Nothing is rewritten yet: findings say in words what to do. Rules will describe edits, and this room
//! will plan them, apply them and judge the result again.
