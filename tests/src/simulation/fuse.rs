//! Where the process dies: between any two things that somebody outside could notice.
//!
//! What a process does between two commits or two requests dies with it unseen, so these are all the places
//! that there are. Once the fuse has blown, every commit and every request of this life hangs for ever.

use parking_lot::Mutex;
use tokio::sync::Notify;

#[derive(Default)]
pub struct Fuse {
    state: Mutex<State>,
    blown: Notify,
}

#[derive(Default)]
struct State {
    /// Steps that are still made; `None`: nobody dies.
    left: Option<u32>,
    dead: bool,
}

impl Fuse {
    /// From now on `steps` steps are made, and then none.
    pub fn light(&self, steps: u32) {
        self.state.lock().left = Some(steps);
    }

    /// For the next life.
    pub fn renew(&self) {
        *self.state.lock() = State::default();
    }

    pub async fn blown(&self) {
        self.blown.notified().await;
    }

    /// Comes back only to the living.
    pub async fn step(&self) {
        if !self.survives() {
            std::future::pending::<()>().await;
        }
    }

    fn survives(&self) -> bool {
        let mut state = self.state.lock();
        if state.dead {
            return false;
        }
        match &mut state.left {
            None => true,
            Some(0) => {
                state.dead = true;
                self.blown.notify_one();
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}
