//! What windows and tray are told to do and did not do yet.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::core::{TrayState, Window};

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Open(Window),
    Close(Window),
    Tray(TrayState),
}

/// Orders that wait. Making a window takes longer than wanting one, and who calls and gives up again and again wants many:
/// what a later order makes needless is not kept, so that at most two wait for each window and one for the tray.
#[derive(Debug, Default)]
pub(super) struct Orders {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    ended: bool,
}

impl Orders {
    /// Adds an order.
    pub(super) fn give(&self, order: Order) {
        let mut waiting = self.lock();
        let orders = &mut waiting.orders;
        match order {
            // A window that is to go need not come before.
            Order::Close(_) => orders.retain(|other| window(*other) != window(order)),
            // One that is to go first still does: what it showed is over.
            Order::Open(_) => orders.retain(|other| *other != order),
            Order::Tray(_) => orders.retain(|other| !matches!(other, Order::Tray(_))),
        }
        orders.push_back(order);
        self.news.notify_one();
    }

    /// Waits for the next order; `None` after [`Orders::end`].
    pub(super) fn take(&self) -> Option<Order> {
        let mut waiting = self.lock();
        loop {
            if waiting.ended {
                return None;
            }
            if let Some(order) = waiting.orders.pop_front() {
                return Some(order);
            }
            waiting = self.news.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing is to be done any more.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing between lock and unlock can panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn window(order: Order) -> Option<Window> {
    match order {
        Order::Open(window) | Order::Close(window) => Some(window),
        Order::Tray(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(orders: &Orders) -> Vec<Order> {
        let waiting = orders.lock().orders.len();
        std::iter::from_fn(|| orders.take()).take(waiting).collect()
    }

    #[test]
    fn who_calls_and_gives_up_without_end_leaves_no_more_than_two_orders() {
        let orders = Orders::default();
        for _ in 0..1_000 {
            orders.give(Order::Open(Window::Ring));
            orders.give(Order::Tray(TrayState::Ringing));
            orders.give(Order::Close(Window::Ring));
            orders.give(Order::Tray(TrayState::Idle));
        }
        assert_eq!(taken(&orders), [Order::Close(Window::Ring), Order::Tray(TrayState::Idle)]);
    }

    #[test]
    fn a_window_that_is_to_go_and_to_come_again_does_both() {
        let orders = Orders::default();
        orders.give(Order::Open(Window::Main));
        for _ in 0..3 {
            orders.give(Order::Close(Window::Call));
            orders.give(Order::Open(Window::Call));
            orders.give(Order::Open(Window::Call));
        }
        assert_eq!(taken(&orders), [Order::Open(Window::Main), Order::Close(Window::Call), Order::Open(Window::Call)]);
    }

    #[test]
    fn who_waits_is_woken_by_an_order_and_by_the_end() {
        let orders = Orders::default();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| (orders.take(), orders.take()));
            orders.give(Order::Open(Window::Main));
            orders.end();
            let (first, second) = waiter.join().unwrap();
            // The end overtakes what still waits: there is no window system any more.
            assert!(first.is_none() || first == Some(Order::Open(Window::Main)));
            assert_eq!(second, None);
        });
    }
}
