//! What may end a campaign early.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// From the end of a run to the next: both ends are still closing sockets when the last worker has gone.
const SETTLING: Duration = Duration::from_millis(500);

/// The user's wish that a campaign ends. Once it has come it stays: each wait after that is over at once.
pub struct Interrupt<F> {
    comes: Pin<Box<F>>,
    has_come: bool,
}

impl<F: Future<Output = ()>> Interrupt<F> {
    /// One that comes when `comes` completes.
    pub fn new(comes: F) -> Self {
        Self {
            comes: Box::pin(comes),
            has_come: false,
        }
    }

    /// Whether it has come, as far as anybody waited for it.
    pub fn has_come(&self) -> bool {
        self.has_come
    }

    /// Waits, between one run and the next, until both ends have settled.
    pub(super) async fn settle(&mut self) {
        tokio::select! {
            () = tokio::time::sleep(SETTLING) => {}
            () = self => {}
        }
    }
}

impl<F: Future<Output = ()>> Future for Interrupt<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.has_come {
            self.has_come = self.comes.as_mut().poll(cx).is_ready();
        }
        if self.has_come {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn once_it_has_come_it_stays() {
        let mut interrupt = Interrupt::new(async {});
        assert!(!interrupt.has_come(), "nobody has waited");
        interrupt.settle().await;
        assert!(interrupt.has_come());
        (&mut interrupt).await;
        (&mut interrupt).await;
    }
}
