//! The Dialzio reference server.
pub mod web;
