// What the translation units of the shim share: the error guard and the unwrapping of handles.
#pragma once
#include <ATen/core/Tensor.h>

#include <exception>
#include <string>
#include <utility>

#include "flair_torch.h"

namespace flair {

std::string& last_error();

// Runs body; an exception becomes the thread's last error and the value `failed`. Nothing may be thrown across the C boundary.
template <class Result, class Body>
Result guarded(Result failed, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const c10::Error& e) {
    last_error() = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error() = e.what();
  } catch (...) {
    last_error() = "unknown C++ exception";
  }
  return failed;
}

inline at::Tensor& unwrap(flair_tensor handle) {
  TORCH_CHECK(handle != nullptr, "a tensor handle is null");
  return *static_cast<at::Tensor*>(handle);
}

inline flair_tensor wrap(at::Tensor tensor) { return new at::Tensor(std::move(tensor)); }

}  // namespace flair
