// The order of work on a device: streams, and the events that one leaves for another, or for the host, to wait for.
//
// All of it goes through c10's virtual guard of a device type, so that nothing here links to CUDA. On the CPU, where an operator has done its work
// when it returns, streams and events do nothing.
#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "common.hpp"

namespace flair {
namespace {

using c10::impl::VirtualGuardImpl;

// How often the host asks whether a device has come to an event. CUDA's own waiting keeps a core busy, which decoding can use better.
constexpr auto kPatience = std::chrono::microseconds(50);

c10::Stream current(c10::Device device) { return VirtualGuardImpl(device.type()).getStream(device); }

c10::Event& event(flair_event handle) {
  TORCH_CHECK(handle != nullptr, "an event handle is null");
  return *static_cast<c10::Event*>(handle);
}

}  // namespace
}  // namespace flair

using namespace flair;

flair_stream flair_stream_new(const char* name) {
  return guarded<flair_stream>(nullptr, [=]() -> flair_stream {
    const c10::Device device{std::string(name)};
    const VirtualGuardImpl guard(device.type());
    return new c10::Stream(device.is_cpu() ? guard.getStream(device) : guard.getStreamFromGlobalPool(device));
  });
}

void flair_stream_free(flair_stream handle) { delete static_cast<c10::Stream*>(handle); }

int32_t flair_stream_swap(flair_stream handle) {
  return guarded(-1, [=] {
    TORCH_CHECK(handle != nullptr, "a stream handle is null");
    auto& stream = *static_cast<c10::Stream*>(handle);
    stream = VirtualGuardImpl(stream.device_type()).exchangeStream(stream);
    return 0;
  });
}

flair_event flair_event_after(flair_tensor handle) {
  return guarded<flair_event>(nullptr, [=]() -> flair_event {
    const auto device = unwrap(handle).device();
    auto made = std::make_unique<c10::Event>(device.type());
    if (!device.is_cpu()) made->record(current(device));
    return made.release();
  });
}

void flair_event_free(flair_event handle) { delete static_cast<c10::Event*>(handle); }

int32_t flair_event_hold_back(flair_event handle) {
  return guarded(-1, [=] {
    const auto& made = event(handle);
    if (made.was_marked_for_recording()) made.block(current(c10::Device(made.device_type(), made.device_index())));
    return 0;
  });
}

int32_t flair_event_wait(flair_event handle) {
  return guarded(-1, [=] {
    const auto& made = event(handle);
    while (!made.query()) std::this_thread::sleep_for(kPatience);
    return 0;
  });
}

int32_t flair_tensor_used_here(flair_tensor handle) {
  return guarded(-1, [=] {
    const auto& tensor = unwrap(handle);
    VirtualGuardImpl(tensor.device().type()).recordDataPtrOnStream(tensor.storage().data_ptr(), current(tensor.device()));
    return 0;
  });
}
