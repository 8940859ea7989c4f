//! Requests to an identity provider and its answers (OpenID Connect Core 1.0, 3.1, with RFC 7636), by `openidconnect`.
//!
//! The provider's settings and keys are read anew at each step: people sign in some times a day, and keys that were exchanged
//! count at once.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::identity_provider::{IdentityProvider, Issuer};
use crate::text::{EmailAddress, PersonName, Subject};

/// A request to an identity provider.
pub type OutboundRequest = http::Request<Vec<u8>>;
/// What an identity provider answered.
pub type OutboundResponse = http::Response<Vec<u8>>;

/// Why a request had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The host must not be asked from here: it is not on the public internet.
    #[error("its address is not allowed")]
    NotAllowed,
    /// No answer came in time, or none that could be read.
    #[error("it cannot be reached")]
    Unreachable,
}

/// Sends a request to a host that somebody typed in. It has to refuse hosts that are not meant to be reached, follow no
/// redirects, and limit what it waits for and reads.
pub type Outbound =
    dyn Fn(OutboundRequest) -> BoxFuture<'static, Result<OutboundResponse, OutboundError>> + Send + Sync;

/// Why an identity provider let nobody in. Never contains what it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderFault {
    /// It had no answer.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Its settings are not those of this issuer, or lack what is needed.
    #[error("its settings cannot be read")]
    Settings,
    /// It does not take the code, the client or the secret.
    #[error("it refused the code, the client or the secret")]
    Refused,
    /// Its ID token is not signed by it, not for this client, not for this sign-in, or no longer good.
    #[error("its ID token cannot be verified")]
    Token,
}

/// How an ID token may be signed: by a key that the provider alone has.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::EdDsa,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
];

/// What has to come back from one sign-in and nothing else, each made from 32 random bytes.
pub(super) struct Secrets {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// Who signed in at the provider.
pub(super) struct Claims {
    pub(super) subject: Subject,
    /// Their address, if the provider says that it is theirs.
    pub(super) email: Option<EmailAddress>,
    pub(super) name: Option<PersonName>,
}

/// What `openidconnect` sends its requests by.
struct Client<'a>(&'a Outbound);

impl<'c> AsyncHttpClient<'c> for Client<'_> {
    type Error = OutboundError;
    type Future = BoxFuture<'c, Result<OutboundResponse, OutboundError>>;

    fn call(&'c self, request: OutboundRequest) -> Self::Future {
        (self.0)(request)
    }
}

// Boxed, since the compiler cannot see that the futures of `openidconnect` may move between threads whatever they borrow.
fn settings<'a>(
    issuer: &'a Issuer,
    outbound: &'a Outbound,
) -> BoxFuture<'a, Result<CoreProviderMetadata, ProviderFault>> {
    Box::pin(async move {
        let url = IssuerUrl::new(issuer.as_str().to_owned()).map_err(|_| ProviderFault::Settings)?;
        let client = Client(outbound);
        let found = CoreProviderMetadata::discover_async(url, &client).await;
        found.map_err(|error| match error {
            openidconnect::DiscoveryError::Request(error) => error.into(),
            _ => ProviderFault::Settings,
        })
    })
}

/// Reads the provider's settings and keys, to know that they can be read.
pub(super) async fn check(issuer: &Issuer, outbound: &Outbound) -> Result<(), ProviderFault> {
    settings(issuer, outbound).await.map(drop)
}

/// The address at the provider where a person signs in.
pub(super) async fn address(
    provider: &IdentityProvider,
    redirect: &str,
    secrets: &Secrets,
    outbound: &Outbound,
) -> Result<Url, ProviderFault> {
    let client = CoreClient::from_provider_metadata(
        settings(&provider.issuer, outbound).await?,
        ClientId::new(provider.client_id.reveal().to_owned()),
        None,
    );
    let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| ProviderFault::Settings)?;
    let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
    let (state, nonce) = (secrets.state.clone(), secrets.nonce.clone());
    let (url, ..) = client
        .set_redirect_uri(redirect)
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .url();
    Ok(url)
}

/// Exchanges the code that a person came back with, and says who they are.
pub(super) fn exchange<'a>(
    provider: &'a IdentityProvider,
    secret: &'a SecretString,
    (redirect, code, secrets): (&'a str, &'a str, &'a Secrets),
    now: DateTime<Utc>,
    outbound: &'a Outbound,
) -> BoxFuture<'a, Result<Claims, ProviderFault>> {
    Box::pin(async move {
        let client = CoreClient::from_provider_metadata(
            settings(&provider.issuer, outbound).await?,
            ClientId::new(provider.client_id.reveal().to_owned()),
            Some(ClientSecret::new(secret.expose_secret().to_owned())),
        );
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| ProviderFault::Settings)?;
        let client = client.set_redirect_uri(redirect);
        let send = Client(outbound);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| ProviderFault::Settings)?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
            .request_async(&send)
            .await
            .map_err(|error| match error {
                openidconnect::RequestTokenError::Request(error) => error.into(),
                _ => ProviderFault::Refused,
            })?;
        let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now);
        let token = answer.id_token().ok_or(ProviderFault::Token)?;
        let claims = token
            .claims(&verifier, &Nonce::new(secrets.nonce.clone()))
            .map_err(|_: ClaimsVerificationError| ProviderFault::Token)?;
        read(claims).ok_or(ProviderFault::Token)
    })
}

fn read(claims: &CoreIdTokenClaims) -> Option<Claims> {
    // Without the word of the provider an address may be anybody's.
    let email = claims.email().filter(|_| claims.email_verified() == Some(true));
    let name = claims.name().and_then(|name| name.get(None)).map(|name| PersonName::received(name));
    Some(Claims {
        subject: Subject::parse(claims.subject()).ok()?,
        email: email.and_then(|email| EmailAddress::parse(email).ok()),
        name: name.flatten(),
    })
}
