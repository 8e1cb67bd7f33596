//! Keeping the text of a panic for the SDK, which throws it as an error and makes a new instance.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the message of a panic. It runs when an instance is made. A panic traps right after the
/// hook and prints nothing on the console.
#[wasm_bindgen(start)]
fn keep_panic_message() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        MESSAGE.with(|kept| *kept.borrow_mut() = Some(message));
    }));
}

/// Message of the last panic; `None` if the instance died otherwise.
#[wasm_bindgen(js_name = takePanicMessage)]
pub fn take_panic_message() -> Option<String> {
    MESSAGE.with(|kept| kept.borrow_mut().take())
}

/// Panics, for the SDK's tests. A panic is a bug, so no proper call makes one, but the SDK must
/// survive it in the very module that is shipped.
#[wasm_bindgen(js_name = __panic)]
pub fn panic_deliberately(message: &str) {
    panic!("{message}");
}
