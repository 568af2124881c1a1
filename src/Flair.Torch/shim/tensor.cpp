// Tensors to and from host memory, and what they say of themselves.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cstring>

#include "common.hpp"

using namespace flair;

flair_tensor flair_tensor_from_host(const void* data, const int64_t* sizes, int32_t dims, int32_t dtype) {
  return guarded<flair_tensor>(nullptr, [=] {
    auto tensor = at::empty(at::IntArrayRef(sizes, dims), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
    if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
    return wrap(std::move(tensor));
  });
}

int32_t flair_tensor_to_host(flair_tensor handle, void* data, int64_t bytes) {
  return guarded(-1, [=] {
    c10::NoGradGuard no_grad;
    const auto tensor = unwrap(handle).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(tensor.nbytes()) == bytes, "the tensor has ", tensor.nbytes(), " bytes, the buffer ", bytes);
    if (bytes > 0) std::memcpy(data, tensor.data_ptr(), bytes);
    return 0;
  });
}

void flair_tensor_free(flair_tensor handle) { delete static_cast<at::Tensor*>(handle); }

int32_t flair_tensor_dims(flair_tensor handle) {
  return guarded(-1, [=] { return static_cast<int32_t>(unwrap(handle).dim()); });
}

int32_t flair_tensor_sizes(flair_tensor handle, int64_t* sizes, int64_t* strides) {
  return guarded(-1, [=] {
    const auto& tensor = unwrap(handle);
    std::memcpy(sizes, tensor.sizes().data(), tensor.dim() * sizeof(int64_t));
    if (strides != nullptr) std::memcpy(strides, tensor.strides().data(), tensor.dim() * sizeof(int64_t));
    return 0;
  });
}

int32_t flair_tensor_dtype(flair_tensor handle) {
  return guarded(-1, [=] { return static_cast<int32_t>(unwrap(handle).scalar_type()); });
}

int32_t flair_tensor_device(flair_tensor handle, int32_t* type, int32_t* index) {
  return guarded(-1, [=] {
    const auto device = unwrap(handle).device();
    *type = static_cast<int32_t>(device.type());
    *index = device.index();
    return 0;
  });
}

int32_t flair_tensor_is_contiguous(flair_tensor handle, int32_t memory_format) {
  return guarded(-1, [=] { return unwrap(handle).is_contiguous(static_cast<at::MemoryFormat>(memory_format)) ? 1 : 0; });
}

void* flair_tensor_data(flair_tensor handle) {
  return guarded<void*>(nullptr, [=] { return unwrap(handle).data_ptr(); });
}
