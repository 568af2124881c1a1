// The C interface of libflair_torch.so: libtorch through its operator dispatcher, so that no operator needs C++ of its own.
//
// Every function that can fail returns a negative number or null and leaves a message for the calling thread in flair_last_error.
// A tensor handle owns one reference to its tensor; flair_tensor_free gives it up. Handles may be used by any thread.
#pragma once
#include <cstdint>

#define FLAIR_API extern "C" __attribute__((visibility("default")))

// What a flair_value holds. The C# side (Arg.cs) has the same numbers.
enum flair_kind : int32_t {
  FLAIR_DEFAULT = 0,      // whatever the operator's schema says
  FLAIR_NONE = 1,
  FLAIR_TENSOR = 2,       // p: a tensor handle
  FLAIR_INT = 3,          // i; also dtypes, memory formats and layouts, by libtorch's numbers
  FLAIR_DOUBLE = 4,       // d
  FLAIR_BOOL = 5,         // i, 0 or 1
  FLAIR_INT_LIST = 6,     // p: const int64_t*, count
  FLAIR_DOUBLE_LIST = 7,  // p: const double*, count
  FLAIR_TENSOR_LIST = 8,  // p: tensor handles, count
  FLAIR_STRING = 9,       // p: UTF-8, count bytes; also devices ("cpu", "cuda:0")
};

struct flair_value {
  int32_t kind;
  int32_t count;
  union {
    void* p;
    int64_t i;
    double d;
  };
};

// Whether a call records what a backward pass needs. libtorch keeps this per thread, so each call sets and restores it.
enum flair_grad_mode : int32_t { FLAIR_NO_GRAD = 0, FLAIR_GRAD = 1, FLAIR_INFERENCE = 2 };

using flair_tensor = void*;
using flair_op = const void*;
using flair_stream = void*;
using flair_event = void*;

// runtime.cpp
FLAIR_API const char* flair_last_error();
FLAIR_API const char* flair_version();
FLAIR_API int32_t flair_get_threads();
FLAIR_API int32_t flair_set_threads(int32_t count);
FLAIR_API int32_t flair_seed(uint64_t seed);
FLAIR_API int32_t flair_cuda_device_count();
FLAIR_API const char* flair_cuda_problem();
FLAIR_API int32_t flair_set_reproducible(int32_t reproducible);

// allocator.cpp
FLAIR_API void flair_cache_limit(int64_t bytes);
FLAIR_API void flair_empty_cache();
FLAIR_API void flair_allocator_stats(int64_t* used, int64_t* peak, int64_t* cached, int64_t* mapped);

// dispatch.cpp
FLAIR_API flair_op flair_find_op(const char* name, const char* overload);
FLAIR_API int32_t flair_call(flair_op op, const flair_value* args, int32_t arg_count, int32_t grad_mode, flair_value* results, int32_t capacity);

// tensor.cpp
FLAIR_API flair_tensor flair_tensor_from_host(const void* data, const int64_t* sizes, int32_t dims, int32_t dtype);
FLAIR_API int32_t flair_tensor_to_host(flair_tensor tensor, void* data, int64_t bytes);
FLAIR_API void flair_tensor_free(flair_tensor tensor);
FLAIR_API int32_t flair_tensor_dims(flair_tensor tensor);
FLAIR_API int32_t flair_tensor_sizes(flair_tensor tensor, int64_t* sizes, int64_t* strides);
FLAIR_API int32_t flair_tensor_dtype(flair_tensor tensor);
FLAIR_API int32_t flair_tensor_device(flair_tensor tensor, int32_t* type, int32_t* index);
FLAIR_API int32_t flair_tensor_is_contiguous(flair_tensor tensor, int32_t memory_format);
FLAIR_API void* flair_tensor_data(flair_tensor tensor);

// stream.cpp
// A stream handle is a place for one stream: a swap makes that the calling thread's current one on its device and keeps the one before, so that a
// second swap undoes the first.
FLAIR_API flair_stream flair_stream_new(const char* device);
FLAIR_API void flair_stream_free(flair_stream stream);
FLAIR_API int32_t flair_stream_swap(flair_stream stream);
// An event after all that the calling thread's current stream on the tensor's device has been given.
FLAIR_API flair_event flair_event_after(flair_tensor tensor);
FLAIR_API void flair_event_free(flair_event event);
// What the calling thread's current stream on the event's device is given from now on waits for the event; the host does not.
FLAIR_API int32_t flair_event_hold_back(flair_event event);
FLAIR_API int32_t flair_event_wait(flair_event event);
// The tensor's memory is not handed out again before the calling thread's current stream on its device has done what it was given.
FLAIR_API int32_t flair_tensor_used_here(flair_tensor tensor);

// autograd.cpp
FLAIR_API int32_t flair_requires_grad(flair_tensor tensor, int32_t requires_grad);
FLAIR_API int32_t flair_backward(flair_tensor tensor);
FLAIR_API flair_tensor flair_grad(flair_tensor tensor);
FLAIR_API int32_t flair_clear_grad(flair_tensor tensor);
