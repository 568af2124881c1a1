// Process-wide settings: version, threads, seed, CUDA.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include <string>

#include "common.hpp"

namespace flair {

std::string& last_error() {
  thread_local std::string message;
  return message;
}

// libtorch registers CUDA when libtorch_cuda is loaded; nothing links to it, so that the shim also loads where it is not.
// libtorch remembers the first answer to "is there CUDA?", hence the load before the first question.
static const std::string& load_cuda() {
  static const std::string problem = [] {
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return std::string();
    const char* reason = dlerror();
    return std::string(reason != nullptr ? reason : "libtorch_cuda.so cannot be loaded");
  }();
  return problem;
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
    // 2.x renamed the question that at::detail::getCUDAHooks answers; this one has kept its name.
    constexpr auto cuda = c10::DeviceType::CUDA;
    return c10::impl::hasDeviceGuardImpl(cuda) ? static_cast<int32_t>(c10::impl::VirtualGuardImpl(cuda).deviceCount()) : 0;
  });
}

const char* flair_cuda_problem() { return load_cuda().c_str(); }

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
