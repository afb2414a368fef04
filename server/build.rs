//! The client's files are embedded as they are when this is built: a new file among them must build this again.

fn main() {
    let site = std::path::Path::new("../target/site");
    // Without a client every page still works as plain forms; the folder is needed all the same.
    if let Err(error) = std::fs::create_dir_all(site) {
        println!("cargo:warning=the folder for the client can't be made: {error}");
    }
    for folder in
        ["../target/site", "../app/assets", "../question-bank/bank", "../question-bank/standards", "../migrations"]
    {
        println!("cargo:rerun-if-changed={folder}");
    }
}
