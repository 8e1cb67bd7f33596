//! Keeping the text of a panic for the SDK, which throws it as an error and makes a new instance.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs when an instance is made. A panic traps right after the hook; it says nothing on the
/// console.
#[wasm_bindgen(start)]
fn keep_panic_message() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        MESSAGE.with(|kept| *kept.borrow_mut() = Some(message));
    }));
}

/// What the last panic said; nothing if the instance died otherwise.
#[wasm_bindgen(js_name = takePanicMessage)]
pub fn take_panic_message() -> Option<String> {
    MESSAGE.with(|kept| kept.borrow_mut().take())
}

/// For the SDK's tests: a panic is a bug, so there is no proper call that makes one, but the SDK
/// must survive it in the very module that is shipped.
#[wasm_bindgen(js_name = __panic)]
pub fn panic_deliberately(message: &str) {
    panic!("{message}");
}
