//! How an exam is sat.
