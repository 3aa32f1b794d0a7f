//! WebKit's feature switches, for which the `webkit2gtk` crate has no wrapper (C API since WebKitGTK 2.42).
//!
//! With `priority.rs` the only `unsafe` code of the project. The functions are looked up when the program runs, so that it also starts on
//! a WebKitGTK that lacks them.
#![allow(unsafe_code, reason = "C functions without a wrapper; every call says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use webkit2gtk::Settings;
use webkit2gtk::glib::translate::ToGlibPtr;

type Pointer = *mut c_void;
type AllFeatures = unsafe extern "C" fn() -> Pointer;
type ListLength = unsafe extern "C" fn(Pointer) -> usize;
type ListGet = unsafe extern "C" fn(Pointer, usize) -> Pointer;
type ListUnref = unsafe extern "C" fn(Pointer);
type Identifier = unsafe extern "C" fn(Pointer) -> *const c_char;
type SetEnabled = unsafe extern "C" fn(Pointer, Pointer, c_int);

unsafe extern "C" {
    fn dlsym(handle: Pointer, name: *const c_char) -> Pointer;
}

/// The functions, or nothing on a WebKitGTK before 2.42.
struct Api {
    all: AllFeatures,
    length: ListLength,
    get: ListGet,
    unref: ListUnref,
    identifier: Identifier,
    set_enabled: SetEnabled,
}

/// The address of an exported function of a library that this program has loaded.
fn symbol(name: &str) -> Option<Pointer> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name is a C string that lives through the call; a null handle means "what is loaded"
    // (`RTLD_DEFAULT` is null on Linux).
    let address = unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()) };
    (!address.is_null()).then_some(address)
}

impl Api {
    fn load() -> Option<Self> {
        // SAFETY: each symbol has the signature that WebKitSettings.h and WebKitFeature.h give it, in all versions
        // since 2.42 in which it exists.
        unsafe {
            Some(Self {
                all: std::mem::transmute::<Pointer, AllFeatures>(symbol("webkit_settings_get_all_features")?),
                length: std::mem::transmute::<Pointer, ListLength>(symbol("webkit_feature_list_get_length")?),
                get: std::mem::transmute::<Pointer, ListGet>(symbol("webkit_feature_list_get")?),
                unref: std::mem::transmute::<Pointer, ListUnref>(symbol("webkit_feature_list_unref")?),
                identifier: std::mem::transmute::<Pointer, Identifier>(symbol("webkit_feature_get_identifier")?),
                set_enabled: std::mem::transmute::<Pointer, SetEnabled>(symbol("webkit_settings_set_feature_enabled")?),
            })
        }
    }
}

/// Switches the feature `identifier` on; says whether this WebKit has it.
pub(super) fn enable(settings: &Settings, identifier: &str) -> bool {
    let Some(api) = Api::load() else { return false };
    let settings: *mut webkit2gtk::ffi::WebKitSettings = settings.to_glib_none().0;
    // SAFETY: the list is ours until `unref`, and every index is below its length; features belong to the list and
    // identifiers to the features, and neither is used after `unref`; `settings` is a live WebKitSettings. All of it
    // happens on the GTK thread, as `prepare` demands.
    unsafe {
        let list = (api.all)();
        if list.is_null() {
            return false;
        }
        let mut found = false;
        for index in 0..(api.length)(list) {
            let feature = (api.get)(list, index);
            let name = (api.identifier)(feature);
            if !name.is_null() && CStr::from_ptr(name).to_bytes() == identifier.as_bytes() {
                (api.set_enabled)(settings.cast(), feature, 1);
                found = true;
            }
        }
        (api.unref)(list);
        found
    }
}
