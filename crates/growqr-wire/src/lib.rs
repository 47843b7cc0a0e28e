//! What crosses to the window, the command line's --json and the local socket.
