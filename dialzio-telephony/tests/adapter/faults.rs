//! Connections that break in the middle.

use dialzio_core::provider::{ProviderError, TelephonyProvider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{ASHA, SECRET, access, both, call, now, permit, telecmi};

/// A server that reads a request, writes these bytes, and closes the connection. It counts the requests.
async fn broken(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let counted = tokio::spawn(async move {
        let mut count = 0;
        while let Ok(Ok((mut stream, _))) =
            tokio::time::timeout(std::time::Duration::from_millis(700), listener.accept()).await
        {
            count += 1;
            let mut head = vec![0; 4_096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer).await;
        }
        count
    });
    (base, counted)
}

const CUT: [&[u8]; 3] = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"code\":200",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cod",
];

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_outcome_of_a_call_open() {
    for answer in CUT {
        for (provider, _) in both() {
            let (base, counted) = broken(answer).await;
            let error = provider.place_call(&access(&base), permit(ASHA), &call()).await.unwrap_err();
            assert!(matches!(error, ProviderError::Ambiguous { .. }), "{error:?}");
            assert_eq!(counted.await.unwrap(), 1, "a call is asked for once");
        }
    }
}

#[tokio::test]
async fn a_question_whose_answer_breaks_may_be_asked_again() {
    for answer in CUT {
        let (base, _) = broken(answer).await;
        let error = telecmi().list_calls(&access(&base), now(), now(), None).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
    }
}

/// The address of a recording holds the secret, and the HTTP client names addresses in its errors.
#[tokio::test]
async fn an_error_of_a_connection_shows_no_address() {
    let (base, _) = broken(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nRIFF").await;
    for base in [base.as_str(), "http://127.0.0.1:1/"] {
        let error = telecmi().open_recording(&access(base), "a.mp3").await.unwrap_err();
        let mut shown = format!("{error:?} {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(of) = cause {
            shown.push_str(&format!(" {of} {of:?}"));
            cause = of.source();
        }
        assert!(matches!(error, ProviderError::Unreachable { .. }), "{error:?}");
        assert!(!shown.contains(SECRET) && !shown.contains("a.mp3"), "{shown}");
    }
}
