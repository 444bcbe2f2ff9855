//! How connections are encrypted, and who the server has to be.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::certificates::{self, CA, CERTIFICATE, KEY};
use crate::{Error, Result};

/// How connections to the server are encrypted; set by [`ConfigBuilder::tls`](super::ConfigBuilder::tls).
///
/// By default the server's certificate has to be signed by one of the certificates in [`ca`](Tls::ca), and has to contain
/// the address that is connected to. A server with `require_client_auth` needs a
/// [`client_certificate`](Tls::client_certificate) too.
///
/// Certificates and keys are PEM text, or the path of a file (see [`Pem`]). Files are read each time a session is made,
/// so new files take effect at the next [`connect`](crate::DurableStore::connect) without a restart of the program.
/// Certificates and keys are checked before the driver uses them. If one is refused, the error is
/// [`ErrorKind::Config`](crate::ErrorKind::Config); its text names the setting, never the content.
///
/// ```
/// use durable_store::{Config, Tls};
///
/// let tls = Tls::new().ca("/etc/ego/ca.pem").client_certificate("/etc/ego/client.pem", "/etc/ego/client.key");
/// let config = Config::builder().contact_points(["10.0.0.1"]).tls(tls).build()?;
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "settings do nothing until they are given to `ConfigBuilder::tls`"]
pub struct Tls {
    pub(super) ca: Option<Pem>,
    pub(super) certificate: Option<Pem>,
    pub(super) key: Option<Pem>,
    pub(super) verification: TlsVerification,
}

impl Tls {
    /// Encrypts connections. [`ca`](Tls::ca) has to be set too, unless any certificate is accepted.
    ///
    /// ```
    /// use durable_store::{Config, Tls};
    ///
    /// let error = Config::builder().contact_points(["10.0.0.1"]).tls(Tls::new()).build().unwrap_err();
    /// assert!(error.to_string().starts_with("tls_ca: is missing"));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the certificates, one or several, of the authorities that may sign the server's certificate: `tls_ca` in text
    /// form. Required unless any certificate is accepted.
    ///
    /// ```
    /// let tls = durable_store::Tls::new().ca("/etc/ego/ca.pem");
    /// ```
    pub fn ca(mut self, certificates: impl Into<Pem>) -> Self {
        self.ca = Some(certificates.into());
        self
    }

    /// Sets the certificate that the store shows to the server, followed by those that lead to its signer, and its private
    /// key, which must not be encrypted: `tls_certificate` and `tls_key` in text form. Defaults to none.
    ///
    /// ```
    /// let tls = durable_store::Tls::new().ca("ca.pem").client_certificate("client.pem", "client.key");
    /// ```
    pub fn client_certificate(mut self, certificate: impl Into<Pem>, key: impl Into<Pem>) -> Self {
        self.certificate = Some(certificate.into());
        self.key = Some(key.into());
        self
    }

    /// Sets how much of the server's certificate is verified: `tls_verification` in text form. Defaults to
    /// [`TlsVerification::CertificateAndAddress`].
    ///
    /// ```
    /// use durable_store::{Tls, TlsVerification};
    ///
    /// let tls = Tls::new().ca("/etc/ego/ca.pem").verification(TlsVerification::CertificateOnly);
    /// ```
    pub fn verification(mut self, verification: TlsVerification) -> Self {
        self.verification = verification;
        self
    }

    pub(crate) fn ca_pem(&self) -> Option<&Pem> {
        self.ca.as_ref()
    }

    /// The certificate and its key.
    pub(crate) fn client_pem(&self) -> Option<(&Pem, &Pem)> {
        self.certificate.as_ref().zip(self.key.as_ref())
    }

    pub(crate) fn checks(&self) -> TlsVerification {
        self.verification
    }

    /// Refuses settings that do not fit together, and PEM text that cannot be read. Does not read files.
    pub(super) fn check(&self) -> Result<()> {
        let missing = |setting, why| Error::setting(setting, format!("is missing, {why}"));
        if self.ca.is_none() && self.verification != TlsVerification::DangerAcceptAny {
            return Err(missing(CA, "so the server's certificate cannot be checked"));
        }
        match (&self.certificate, &self.key) {
            (Some(_), None) => return Err(missing(KEY, "but there is a tls_certificate")),
            (None, Some(_)) => return Err(missing(CERTIFICATE, "but there is a tls_key")),
            _ => {}
        }
        for (setting, pem) in [(CA, &self.ca), (CERTIFICATE, &self.certificate), (KEY, &self.key)] {
            if matches!(pem, Some(Pem::File(path)) if path.as_os_str().is_empty()) {
                return Err(Error::setting(setting, "is empty; leave it unset instead"));
            }
        }
        if let Some(Pem::Inline(text)) = &self.ca {
            certificates::trusted(text)?;
        }
        match (&self.certificate, &self.key) {
            (Some(Pem::Inline(certificate)), Some(Pem::Inline(key))) => {
                certificates::client(certificate, key).map(drop)
            }
            (Some(Pem::Inline(certificate)), _) => certificates::chain(certificate).map(drop),
            (_, Some(Pem::Inline(key))) => certificates::private_key(key).map(drop),
            _ => Ok(()),
        }
    }
}

/// PEM text, or the path of a file with it.
///
/// Converted from a string, what contains `-----BEGIN ` is PEM text, and anything else the path of a file;
/// [`Pem::file`] and [`Pem::text`] leave no doubt. `Debug` never shows the text, which may be a private key.
///
/// ```
/// use durable_store::Pem;
///
/// assert_eq!(Pem::from("/etc/ego/ca.pem"), Pem::file("/etc/ego/ca.pem"));
/// let text = "-----BEGIN CERTIFICATE-----\n...";
/// assert_eq!(Pem::from(text), Pem::text(text));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pem {
    /// The path of a file, read each time a session is made.
    File(PathBuf),
    /// The text itself.
    Inline(String),
}

impl Pem {
    /// The path of a file, which is read each time a session is made.
    ///
    /// ```
    /// use durable_store::{Pem, Tls};
    ///
    /// let tls = Tls::new().ca(Pem::file("/etc/ego/ca.pem"));
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// PEM text.
    ///
    /// ```
    /// use durable_store::{Pem, Tls};
    ///
    /// let tls = Tls::new().ca(Pem::text("-----BEGIN CERTIFICATE-----\n..."));
    /// ```
    pub fn text(text: impl Into<String>) -> Self {
        Self::Inline(text.into())
    }
}

impl From<&Path> for Pem {
    fn from(path: &Path) -> Self {
        Self::file(path)
    }
}

impl From<&str> for Pem {
    fn from(text: &str) -> Self {
        if text.contains("-----BEGIN ") { Self::Inline(text.into()) } else { Self::File(text.into()) }
    }
}

impl From<String> for Pem {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Pem {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<PathBuf> for Pem {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Inline(text) => write!(f, "Inline({} bytes)", text.len()),
        }
    }
}

/// How much of the server's certificate is verified.
///
/// ```
/// use durable_store::TlsVerification;
///
/// assert_eq!("certificate_only".parse::<TlsVerification>()?, TlsVerification::CertificateOnly);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsVerification {
    /// The signer is trusted, and the certificate's IP addresses include the address that is connected to. Host names in a
    /// certificate are not compared: the driver compares addresses only.
    #[default]
    CertificateAndAddress,
    /// The signer is trusted; the certificate may belong to another server. For certificates without IP addresses, with a
    /// CA that signs only the nodes of this cluster.
    CertificateOnly,
    /// Nothing is verified: an attacker who can answer at the address, or intercept the connection, can read and change
    /// everything, including the password.
    DangerAcceptAny,
}

impl TlsVerification {
    const ALL: [(Self, &'static str); 3] = [
        (Self::CertificateAndAddress, "certificate_and_address"),
        (Self::CertificateOnly, "certificate_only"),
        (Self::DangerAcceptAny, "danger_accept_any"),
    ];
}

impl fmt::Display for TlsVerification {
    /// As a connection string has it, such as `certificate_only`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(checked, _)| checked == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for TlsVerification {
    type Err = Error;

    /// Reads what `Display` writes, in upper or lower case.
    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim();
        let found = Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted));
        found.map(|(checked, _)| *checked).ok_or_else(|| {
            let known = Self::ALL.map(|(_, name)| name).join(", ");
            Error::setting("tls_verification", format!("{text:?} is not one of {known}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_does_not_fit_together_is_refused_naming_what_is_missing() {
        let only = |certificate: Option<&str>, key: Option<&str>| Tls {
            certificate: certificate.map(Pem::from),
            key: key.map(Pem::from),
            ..Tls::new().ca("ca.pem")
        };
        for (tls, setting) in [
            (Tls::new(), "tls_ca"),
            (Tls::new().verification(TlsVerification::CertificateOnly), "tls_ca"),
            (only(Some("client.pem"), None), "tls_key"),
            (only(None, Some("client.key")), "tls_certificate"),
            (Tls::new().ca(""), "tls_ca"),
            (Tls::new().ca("-----BEGIN garbage"), "tls_ca"),
            (only(Some("-----BEGIN garbage"), Some("client.key")), "tls_certificate"),
            (only(Some("client.pem"), Some("-----BEGIN garbage")), "tls_key"),
        ] {
            let error = tls.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(&format!("{setting}: ")), "{error}");
            assert!(!error.to_string().contains("garbage"), "{error}");
        }
        for tls in [
            Tls::new().ca("ca.pem"),
            only(Some("client.pem"), Some("client.key")),
            Tls::new().verification(TlsVerification::DangerAcceptAny),
        ] {
            tls.check().unwrap();
        }
    }

    #[test]
    fn text_is_a_path_unless_it_is_pem_and_debug_hides_pem() {
        assert_eq!(Pem::from("/etc/ca.pem"), Pem::File("/etc/ca.pem".into()));
        let inline = Pem::from("\n-----BEGIN PRIVATE KEY-----\nsecret\n");
        assert!(matches!(&inline, Pem::Inline(text) if text.contains("secret")));
        let shown = format!("{:?}", Tls::new().ca("/etc/ca.pem").client_certificate("/etc/c.pem", inline));
        assert!(shown.contains("/etc/ca.pem") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn each_verification_parses_what_it_prints_and_refuses_others() {
        for (checked, name) in TlsVerification::ALL {
            assert_eq!(checked.to_string(), name);
            assert_eq!(name.to_uppercase().parse::<TlsVerification>().unwrap(), checked);
        }
        let error = "none".parse::<TlsVerification>().unwrap_err();
        assert!(error.to_string().contains("danger_accept_any"), "{error}");
    }
}
