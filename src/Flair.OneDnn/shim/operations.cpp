// oneDNN's primitives behind flair_onednn.h. Written for oneDNN 2 and 3 (Debian 12 has 2.6, 13 has 3.7).
#include <omp.h>

#include <dnnl.hpp>
#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "flair_onednn.h"
#include "layout.h"
#include "winograd.h"

static_assert(DNNL_VERSION_MAJOR == 2 || DNNL_VERSION_MAJOR == 3, "written for the calls of oneDNN 2 and 3");

namespace flair {
namespace {

using dnnl::memory;

std::string& last_error() {
  thread_local std::string message;
  return message;
}

// Nothing may be thrown across the C boundary.
template <class Result, class Body>
Result guarded(Result failed, Body&& body) noexcept {
  try {
    return body();
  } catch (const dnnl::error& e) {
    last_error() = std::string(e.what()) + " (oneDNN status " + std::to_string(static_cast<int>(e.status)) + ")";
  } catch (const std::exception& e) {
    last_error() = e.what();
  } catch (...) {
    last_error() = "unknown C++ exception";
  }
  return failed;
}

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

memory::data_type type_of(int32_t type) {
  switch (type) {
    case FLAIR_FLOAT32: return memory::data_type::f32;
    case FLAIR_BFLOAT16: return memory::data_type::bf16;
    case FLAIR_UINT8: return memory::data_type::u8;
    case FLAIR_INT8: return memory::data_type::s8;
    default: throw std::invalid_argument("unknown element type " + std::to_string(type));
  }
}

// oneDNN 2.6 says that primitives may be created by several threads at once. Of U-Nets on ResNet-18 that were, about one in a hundred then computed
// something else, with no error. One after the other, none of thousands did. Executing them together is no problem.
std::mutex creation;

size_t aligned(size_t bytes) { return round_up(bytes, cache_line); }

struct Operation;

// Every second row and column of a transposed convolution's output, which are an ordinary convolution.
struct Phase {
  std::unique_ptr<Operation> convolution;
  int32_t row, column;            // the first of them
  int32_t skip_rows, skip_columns;  // that are computed before it and not wanted
  int32_t columns;                // as computed
};

struct Operation {
  dnnl::primitive primitive;
  memory::desc in, out, scratchpad, added;
  int added_argument = -1;  // under which the added map is given; -1: none is
  memory kernel, bias;  // empty for pooling
  memory scale;         // given when it runs; empty where there is none, or oneDNN has it already
  std::string implementation;
  std::vector<Phase> phases;  // instead of the primitive
  std::unique_ptr<Winograd> winograd;  // likewise
  std::unique_ptr<Operation> of_squares;  // likewise: the convolution of 1 x 1 of what it sees of its input, a square of pixels after the other
  size_t scratchpad_bytes = 0;
};

// oneDNN lays kernels out for the number of threads that the creating thread may use.
class ThreadSetting {
 public:
  explicit ThreadSetting(int32_t threads) : before_(omp_get_max_threads()) {
    if (threads > 0) omp_set_num_threads(threads);
  }
  ~ThreadSetting() { omp_set_num_threads(before_); }

 private:
  int before_;
};

memory::desc map_of(int64_t channels, int64_t rows, int64_t columns, int32_t type) {
  return {{1, channels, rows, columns}, type_of(type), memory::format_tag::nhwc};
}

memory::desc vector_of(int64_t count) { return {{count}, memory::data_type::f32, memory::format_tag::x}; }

memory copy_of(const float* values, int64_t count) {
  memory copy(vector_of(count), cpu());
  std::memcpy(copy.get_data_handle(), values, count * sizeof(float));
  return copy;
}

// What oneDNN 2 and 3 say differently.
#if DNNL_VERSION_MAJOR == 2

constexpr int scale_argument = DNNL_ARG_ATTR_OUTPUT_SCALES;

memory::dims dims_of(const memory::desc& desc) { return desc.dims(); }

void append_relu(dnnl::post_ops& after) { after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f); }

// Has each output channel multiplied with its scale; returns the bias that is then to be added. It is multiplied too.
std::vector<float> scale_outputs(dnnl::primitive_attr& attributes, Operation&, const float* scale, std::vector<float> bias) {
  attributes.set_output_scales(1 << 1, std::vector<float>(scale, scale + bias.size()));
  return bias;
}

template <class Primitive, class... Arguments>
typename Primitive::primitive_desc implementation_of(const dnnl::primitive_attr& attributes, const Arguments&... arguments) {
  return {typename Primitive::desc(dnnl::prop_kind::forward_inference, arguments...), attributes, cpu()};
}

dnnl::pooling_forward::primitive_desc pooling_of(const dnnl::primitive_attr& attributes, const memory::desc& in, const memory::desc& out,
                                                 const memory::dims& strides, const memory::dims& window, const memory::dims& before, const memory::dims& behind) {
  return implementation_of<dnnl::pooling_forward>(attributes, dnnl::algorithm::pooling_max, in, out, strides, window, before, behind);
}

#else

constexpr int scale_argument = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS;

memory::dims dims_of(const memory::desc& desc) { return desc.get_dims(); }

void append_relu(dnnl::post_ops& after) { after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f); }

// Has each output channel's sum multiplied with its scale; returns the bias that is then to be added. That is not multiplied.
std::vector<float> scale_outputs(dnnl::primitive_attr& attributes, Operation& operation, const float* scale, std::vector<float> bias) {
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 0);
  for (size_t o = 0; o < bias.size(); o++) bias[o] *= scale[o];
  operation.scale = copy_of(scale, bias.size());
  return bias;
}

template <class Primitive, class... Arguments>
typename Primitive::primitive_desc implementation_of(const dnnl::primitive_attr& attributes, const Arguments&... arguments) {
  return {cpu(), dnnl::prop_kind::forward_inference, arguments..., attributes};
}

dnnl::pooling_forward::primitive_desc pooling_of(const dnnl::primitive_attr& attributes, const memory::desc& in, const memory::desc& out,
                                                 const memory::dims& strides, const memory::dims& window, const memory::dims& before, const memory::dims& behind) {
  const memory::dims side_by_side = {0, 0};
  return implementation_of<dnnl::pooling_forward>(attributes, dnnl::algorithm::pooling_max, in, out, strides, window, side_by_side, before, behind);
}

#endif

// Makes the operation that of a chosen implementation.
template <class Primitive>
void take(Operation& operation, const typename Primitive::primitive_desc& chosen) {
  operation.primitive = Primitive(chosen);
  operation.scratchpad = chosen.scratchpad_desc();
  operation.scratchpad_bytes = operation.scratchpad.get_size();
  operation.implementation = chosen.impl_info_str();
}

// Has oneDNN choose an implementation; returns how that wants its kernel laid out.
template <class Convolution>
memory::desc choose(Operation& operation, dnnl::algorithm algorithm, const memory::desc& kernel, const memory::desc& bias, const memory::dims& strides,
                    const memory::dims& dilates, const memory::dims& before, const memory::dims& behind, const dnnl::primitive_attr& attributes) {
  const auto chosen = implementation_of<Convolution>(attributes, algorithm, operation.in, kernel, bias, operation.out, strides, dilates, before, behind);
  take<Convolution>(operation, chosen);
  return chosen.weights_desc();
}

std::unique_ptr<Operation> create_convolution(const flair_convolution& what, const void* kernel, const float* bias, const float* scale) {
  const ThreadSetting setting(what.threads);
  auto operation = std::make_unique<Operation>();
  operation->in = map_of(what.in_channels, what.in_rows, what.in_columns, what.in_type);
  operation->out = map_of(what.out_channels, what.out_rows, what.out_columns, what.out_type);

  const memory::dims kernel_dims = {what.out_channels, what.in_channels, what.kernel, what.kernel};
  const bool whole_numbers = what.kernel_type == FLAIR_INT8;
  const auto kernel_type = whole_numbers ? memory::data_type::s8 : type_of(what.in_type);
  const memory::desc any_kernel(kernel_dims, kernel_type, memory::format_tag::any);
  const auto bias_desc = vector_of(what.out_channels);

  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  std::vector<float> added_bias(bias, bias + what.out_channels);
  if (scale != nullptr) added_bias = scale_outputs(attributes, *operation, scale, std::move(added_bias));
  dnnl::post_ops after;
  if (what.sum_type != FLAIR_NO_TYPE) after.append_sum(what.sum_scale, 0, type_of(what.sum_type));
  if (what.added_type != FLAIR_NO_TYPE) {
    operation->added = map_of(what.out_channels, what.out_rows, what.out_columns, what.added_type);
    operation->added_argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(after.len()) | DNNL_ARG_SRC_1;
    after.append_binary(dnnl::algorithm::binary_add, operation->added);
  }
  if (what.relu != 0) append_relu(after);
  attributes.set_post_ops(after);

  const memory::dims strides = {what.stride, what.stride}, dilates = {what.dilation - 1, what.dilation - 1};
  const memory::dims before = {what.top, what.left}, behind = {what.bottom, what.right};
  std::unique_lock lock(creation);
  const auto laid_out = what.transposed != 0
                            ? choose<dnnl::deconvolution_forward>(*operation, dnnl::algorithm::deconvolution_direct, any_kernel, bias_desc, strides, dilates,
                                                                  before, behind, attributes)
                            : choose<dnnl::convolution_forward>(*operation, dnnl::algorithm::convolution_direct, any_kernel, bias_desc, strides, dilates,
                                                                before, behind, attributes);

  memory given({kernel_dims, whole_numbers ? memory::data_type::s8 : memory::data_type::f32, memory::format_tag::oihw}, cpu(), const_cast<void*>(kernel));
  operation->kernel = memory(laid_out, cpu());
  dnnl::reorder lay_out(given, operation->kernel);
  lock.unlock();

  lay_out.execute(stream(), given, operation->kernel);
  stream().wait();
  operation->bias = copy_of(added_bias.data(), what.out_channels);
  return operation;
}

// Along one axis: which input pixels the output pixels at + 2 k of a transposed convolution with four taps and stride 2 see.
struct PhaseAxis {
  int32_t at, skip, count, padding, behind;
  PhaseAxis(int32_t parity, int32_t cut, int32_t in, int32_t out) {
    at = (parity + cut) % 2;
    const int32_t wanted = (out - at + 1) / 2;
    const int32_t first = (at + cut - parity) / 2;  // tap parity is at this pixel, tap parity + 2 at the one before
    skip = std::max(0, first - 1);
    padding = std::max(0, 1 - first);
    count = std::max(wanted + skip, in + padding - 1);
    behind = count + 1 - in - padding;
  }
};

// oneDNN 2.6 computes transposed convolutions in floating point many times more slowly than convolutions.
std::unique_ptr<Operation> create_transposed(const flair_convolution& what, const float* kernel, const float* bias) {
  if (what.kernel != 4 || what.stride != 2 || what.dilation != 1 || what.sum_type != FLAIR_NO_TYPE || what.added_type != FLAIR_NO_TYPE)
    throw std::invalid_argument("transposed convolutions in floating point are of 4 x 4 with stride 2, and nothing is added");
  auto operation = std::make_unique<Operation>();
  operation->in = map_of(what.in_channels, what.in_rows, what.in_columns, what.in_type);
  operation->out = map_of(what.out_channels, what.out_rows, what.out_columns, what.out_type);
  const size_t planes = static_cast<size_t>(what.out_channels) * what.in_channels;
  std::vector<float> taps(planes * 4);
  for (int32_t y = 0; y < 2; y++)
    for (int32_t x = 0; x < 2; x++) {
      const PhaseAxis rows(y, what.top, what.in_rows, what.out_rows), columns(x, what.left, what.in_columns, what.out_columns);
      if (rows.at >= what.out_rows || columns.at >= what.out_columns) continue;
      auto part = what;
      part.transposed = 0;
      part.kernel = 2;
      part.stride = 1;
      part.out_rows = rows.count;
      part.out_columns = columns.count;
      part.top = rows.padding;
      part.left = columns.padding;
      part.bottom = rows.behind;
      part.right = columns.behind;
      for (size_t plane = 0; plane < planes; plane++)
        for (int32_t t = 0; t < 4; t++) taps[plane * 4 + t] = kernel[plane * 16 + (y + 2 - t / 2 * 2) * 4 + (x + 2 - t % 2 * 2)];
      auto convolution = create_convolution(part, taps.data(), bias, nullptr);
      operation->implementation = convolution->implementation;
      operation->scratchpad_bytes = std::max(operation->scratchpad_bytes, aligned(convolution->out.get_size()) + convolution->scratchpad_bytes);
      operation->phases.push_back({std::move(convolution), rows.at, columns.at, rows.skip, columns.skip, columns.count});
    }
  return operation;
}

// Whether no pixel is seen twice, and none is left out.
bool sees_squares(const flair_convolution& what) {
  return what.kernel > 1 && what.stride == what.kernel && what.dilation == 1 && what.transposed == 0 && what.in_type == FLAIR_FLOAT32 &&
         what.kernel_type == FLAIR_FLOAT32 && what.top == 0 && what.left == 0 && what.bottom == 0 && what.right == 0 &&
         what.in_rows == what.out_rows * what.stride && what.in_columns == what.out_columns * what.stride;
}

// oneDNN 2.6 computes them on AVX2 at half the rate of those of 1 x 1, which they are when the pixels of a square are the channels of one.
std::unique_ptr<Operation> create_of_squares(const flair_convolution& what, const float* kernel, const float* bias) {
  auto flat = what;
  flat.kernel = flat.stride = 1;
  flat.in_channels = what.kernel * what.kernel * what.in_channels;
  flat.in_rows = what.out_rows;
  flat.in_columns = what.out_columns;
  const int32_t taps = what.kernel * what.kernel;
  std::vector<float> reordered(static_cast<size_t>(what.out_channels) * flat.in_channels);
  float* to = reordered.data();
  for (int32_t o = 0; o < what.out_channels; o++)
    for (int32_t t = 0; t < taps; t++)
      for (int32_t c = 0; c < what.in_channels; c++) *to++ = kernel[(static_cast<size_t>(o) * what.in_channels + c) * taps + t];
  auto operation = std::make_unique<Operation>();
  operation->in = map_of(what.in_channels, what.in_rows, what.in_columns, what.in_type);
  operation->of_squares = create_convolution(flat, reordered.data(), bias, nullptr);
  operation->implementation = operation->of_squares->implementation;
  operation->scratchpad_bytes = aligned(operation->of_squares->in.get_size()) + operation->of_squares->scratchpad_bytes;
  return operation;
}

std::unique_ptr<Operation> create_winograd(const flair_convolution& what, const float* kernel, const float* bias) {
  auto operation = std::make_unique<Operation>();
  operation->winograd = std::make_unique<Winograd>(what, kernel, bias);
  operation->scratchpad_bytes = operation->winograd->scratchpad_bytes();
  operation->implementation = operation->winograd->implementation();
  return operation;
}

std::unique_ptr<Operation> create_pool(int32_t kernel, int32_t channels, int32_t in_rows, int32_t in_columns, int32_t type) {
  auto operation = std::make_unique<Operation>();
  operation->in = map_of(channels, in_rows, in_columns, type);
  const int32_t before = kernel == 3 ? 1 : 0;
  const int32_t out_rows = (in_rows + before) / 2, out_columns = (in_columns + before) / 2;
  operation->out = map_of(channels, out_rows, out_columns, type);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // The last window ends where the map does, or one beyond; or one before.
  const auto behind = [&](int32_t in, int32_t out) { return std::max(0, 2 * (out - 1) + kernel - before - in); };
  const std::scoped_lock lock(creation);
  take<dnnl::pooling_forward>(*operation, pooling_of(attributes, operation->in, operation->out, {2, 2}, {kernel, kernel}, {before, before}, {behind(in_rows, out_rows), behind(in_columns, out_columns)}));
  return operation;
}

void run_phases(const Operation& operation, const void* in, void* out, char* scratchpad);
void run_squares(const Operation& operation, const void* in, const void* added, void* out, char* scratchpad);

void run(Operation& operation, const void* in, const void* added, void* out, void* scratchpad) {
  if (!operation.phases.empty()) {
    run_phases(operation, in, out, static_cast<char*>(scratchpad));
    return;
  }

  if (operation.of_squares) {
    run_squares(operation, in, added, out, static_cast<char*>(scratchpad));
    return;
  }

  std::unordered_map<int, memory> args = {
      {DNNL_ARG_SRC, memory(operation.in, cpu(), const_cast<void*>(in))},
      {DNNL_ARG_DST, memory(operation.out, cpu(), out)},
      {DNNL_ARG_SCRATCHPAD, memory(operation.scratchpad, cpu(), scratchpad)},
  };
  if (operation.kernel) {
    args.emplace(DNNL_ARG_WEIGHTS, operation.kernel);
    args.emplace(DNNL_ARG_BIAS, operation.bias);
  }
  if (operation.scale) args.emplace(scale_argument, operation.scale);
  if (operation.added_argument >= 0) args.emplace(operation.added_argument, memory(operation.added, cpu(), const_cast<void*>(added)));
  operation.primitive.execute(stream(), args);
  stream().wait();
}

void run_phases(const Operation& operation, const void* in, void* out, char* scratchpad) {
  const auto dims = dims_of(operation.out);
  const auto rows = dims[2], columns = dims[3];
  const size_t pixel = operation.out.get_size() / rows / columns;
  for (const auto& phase : operation.phases) {
    run(*phase.convolution, in, nullptr, scratchpad, scratchpad + aligned(phase.convolution->out.get_size()));
    for (int64_t y = phase.row; y < rows; y += 2) {
      const char* from = scratchpad + ((y / 2 + phase.skip_rows) * phase.columns + phase.skip_columns) * pixel;
      char* to = static_cast<char*>(out) + (y * columns + phase.column) * pixel;
      for (int64_t x = phase.column; x < columns; x += 2, from += pixel, to += 2 * pixel) std::memcpy(to, from, pixel);
    }
  }
}

void run_squares(const Operation& operation, const void* in, const void* added, void* out, char* scratchpad) {
  auto& convolution = *operation.of_squares;
  const auto dims = dims_of(operation.in);
  const int64_t rows = dims[2], columns = dims[3], side = rows / dims_of(convolution.in)[2];
  const size_t row = operation.in.get_size() / rows, part = row / columns * side;  // bytes: of the map, of a square
  const char* from = static_cast<const char*>(in);
  for (int64_t y = 0; y < rows; y++)
    for (int64_t x = 0; x < columns / side; x++, from += part)
      std::memcpy(scratchpad + ((y / side * (columns / side) + x) * side + y % side) * part, from, part);
  run(convolution, scratchpad, added, out, scratchpad + aligned(convolution.in.get_size()));
}

}  // namespace
}  // namespace flair

using namespace flair;

const char* flair_onednn_last_error() { return last_error().c_str(); }

const char* flair_onednn_version() {
  static const std::string version = [] {
    const auto* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }();
  return version.c_str();
}

void flair_onednn_set_threads(int32_t count) { omp_set_num_threads(count); }

flair_operation flair_convolution_create(const flair_convolution* what, const void* kernel, const float* bias, const float* scale) {
  return guarded<flair_operation>(nullptr, [=] {
    if (Winograd::suits(*what)) return create_winograd(*what, static_cast<const float*>(kernel), bias).release();
    if (what->transposed != 0 && what->kernel_type == FLAIR_FLOAT32) return create_transposed(*what, static_cast<const float*>(kernel), bias).release();
    if (sees_squares(*what)) return create_of_squares(*what, static_cast<const float*>(kernel), bias).release();
    return create_convolution(*what, kernel, bias, scale).release();
  });
}

flair_operation flair_pool_create(int32_t kernel, int32_t channels, int32_t in_rows, int32_t in_columns, int32_t type) {
  return guarded<flair_operation>(nullptr, [=] { return create_pool(kernel, channels, in_rows, in_columns, type).release(); });
}

int64_t flair_operation_scratchpad(flair_operation operation) { return static_cast<int64_t>(static_cast<Operation*>(operation)->scratchpad_bytes); }

const char* flair_operation_kernel(flair_operation operation) { return static_cast<Operation*>(operation)->implementation.c_str(); }

int32_t flair_operation_run(flair_operation handle, const flair_maps* images, int32_t count, void* scratchpad) {
  return guarded<int32_t>(-1, [=] {
    auto& operation = *static_cast<Operation*>(handle);
    if (operation.winograd)
      operation.winograd->run(images, count, scratchpad);
    else
      for (int32_t i = 0; i < count; i++) run(operation, images[i].in, images[i].added, images[i].out, scratchpad);
    return 0;
  });
}

void flair_operation_free(flair_operation operation) { delete static_cast<Operation*>(operation); }
