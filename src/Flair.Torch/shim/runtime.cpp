// Process-wide settings: version, threads, seed, CUDA.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include <mutex>

#include "common.hpp"

namespace flair {

std::string& last_error() {
  thread_local std::string message;
  return message;
}

// libtorch registers CUDA when libtorch_cuda is loaded; nothing links to it, so that the shim also loads where it is not.
// libtorch remembers the first answer to "is there CUDA?", hence the load before the first question.
static void load_cuda() {
  static std::once_flag once;
  std::call_once(once, [] { dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL); });
}

// 2.x renamed the question; the first form that compiles is taken.
template <class Hooks>
auto device_count(const Hooks& hooks, int) -> decltype(static_cast<int32_t>(hooks.deviceCount())) {
  return static_cast<int32_t>(hooks.deviceCount());
}
template <class Hooks>
auto device_count(const Hooks& hooks, long) -> decltype(static_cast<int32_t>(hooks.getNumGPUs())) {
  return static_cast<int32_t>(hooks.getNumGPUs());
}

}  // namespace flair

using namespace flair;

const char* flair_last_error() { return last_error().c_str(); }

const char* flair_version() { return TORCH_VERSION; }

int32_t flair_get_threads() {
  return guarded(-1, [] { return at::get_num_threads(); });
}

int32_t flair_set_threads(int32_t count) {
  return guarded(-1, [=] {
    at::set_num_threads(count);
    return 0;
  });
}

int32_t flair_seed(uint64_t seed) {
  return guarded(-1, [=] {
    load_cuda();
    at::manual_seed(seed);
    return 0;
  });
}

int32_t flair_cuda_device_count() {
  return guarded(-1, [] {
    load_cuda();
    const auto& hooks = at::detail::getCUDAHooks();
    return hooks.hasCUDA() ? device_count(hooks, 0) : 0;
  });
}

int32_t flair_set_reproducible(int32_t reproducible) {
  return guarded(-1, [=] {
    auto& context = at::globalContext();
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(reproducible != 0);
    context.setAllowTF32CuDNN(reproducible == 0);
    context.setAllowTF32CuBLAS(reproducible == 0);
    return 0;
  });
}
