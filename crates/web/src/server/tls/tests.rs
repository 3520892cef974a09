use std::fs;

use super::*;

const ONE: (&str, &str) = (include_str!("../testdata/one.crt.pem"), include_str!("../testdata/one.key.pem"));
const TWO: (&str, &str) = (include_str!("../testdata/two.crt.pem"), include_str!("../testdata/two.key.pem"));

fn write(files: &TlsFiles, certificate: &str, key: &str) {
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
}

fn files(dir: &tempfile::TempDir) -> TlsFiles {
    TlsFiles { certificate: dir.path().join("crt.pem"), key: dir.path().join("key.pem") }
}

fn served(certificates: &Certificates) -> Vec<u8> {
    certificates.current().cert[0].to_vec()
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

/// Makes the next look see another version, whatever the file system's clock resolves.
fn forget(certificates: &Certificates) {
    *certificates.seen.lock() = [None, None];
}

#[test]
fn a_new_pair_replaces_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    write(&files, ONE.0, ONE.1);
    let certificates = Certificates::load(files.clone()).unwrap();
    assert_eq!(served(&certificates), der(ONE.0));
    assert!(!certificates.refresh().unwrap(), "nothing changed");

    write(&files, TWO.0, TWO.1);
    forget(&certificates);
    assert!(certificates.refresh().unwrap());
    assert_eq!(served(&certificates), der(TWO.0));
}

#[test]
fn a_bad_pair_never_replaces_one_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    write(&files, ONE.0, ONE.1);
    let certificates = Certificates::load(files.clone()).unwrap();
    for (certificate, key) in [(TWO.0, ONE.1), ("", ONE.1), (ONE.0, ""), (ONE.0, "not a key"), (ONE.1, ONE.0)]
    {
        write(&files, certificate, key);
        forget(&certificates);
        assert!(certificates.refresh().is_err());
        assert!(!certificates.refresh().unwrap(), "a bad pair is reported once");
        assert_eq!(served(&certificates), der(ONE.0));
    }
    fs::remove_file(&files.certificate).unwrap();
    assert!(certificates.refresh().is_err());
    assert_eq!(served(&certificates), der(ONE.0));
}

#[test]
fn the_start_says_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    let why = |certificate: &str, key: &str| {
        write(&files, certificate, key);
        Certificates::load(files.clone()).unwrap_err().to_string()
    };
    assert!(why("", ONE.1).ends_with("crt.pem holds no PEM certificate"));
    assert!(why(ONE.0, "").ends_with("key.pem holds no PEM private key"));
    assert!(why(ONE.0, TWO.1).starts_with("the certificate and the key cannot be used together"));
    let large = "x".repeat(usize::try_from(limits::CERTIFICATE_BYTES_MAX).unwrap() + 1);
    assert!(why(&large, ONE.1).contains("larger than"));
    fs::remove_file(&files.key).unwrap();
    fs::write(&files.certificate, ONE.0).unwrap();
    assert!(Certificates::load(files.clone()).unwrap_err().to_string().contains("cannot be read"));
}
