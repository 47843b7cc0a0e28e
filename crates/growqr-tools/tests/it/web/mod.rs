//! Pages of the web: real bytes over loopback, from a stand-in for all sites.

mod hostile;
mod pages;
mod redirects;
mod robots;
mod world;
