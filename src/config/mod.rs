//! Configuration files of the user.
//!
//! Nothing is read yet: every setting comes from the command line. Rooms to the right will ask this one.
