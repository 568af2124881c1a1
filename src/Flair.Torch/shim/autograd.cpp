// Gradients: which tensors want one, the backward pass, what it left.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "common.hpp"

using namespace flair;

int32_t flair_requires_grad(flair_tensor handle, int32_t requires_grad) {
  return guarded(-1, [=] {
    unwrap(handle).requires_grad_(requires_grad != 0);
    return 0;
  });
}

int32_t flair_backward(flair_tensor handle) {
  return guarded(-1, [=] {
    c10::AutoGradMode grad(true);
    unwrap(handle).backward();
    return 0;
  });
}

// The gradient, or null with an empty message where the backward pass left none.
flair_tensor flair_grad(flair_tensor handle) {
  return guarded<flair_tensor>(nullptr, [=]() -> flair_tensor {
    last_error().clear();
    const auto& grad = unwrap(handle).grad();
    return grad.defined() ? wrap(grad) : nullptr;
  });
}

int32_t flair_clear_grad(flair_tensor handle) {
  return guarded(-1, [=] {
    unwrap(handle).mutable_grad() = at::Tensor();
    return 0;
  });
}
