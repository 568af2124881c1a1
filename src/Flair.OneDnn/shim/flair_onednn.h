// The C interface of libflair_onednn.so: oneDNN's convolution and pooling with everything that can be decided once decided at creation, and the
// few passes over memory that go between them. Maps are dense, [row][column][channel] (oneDNN's nhwc with n = 1).
//
// Every function that can fail returns a negative number or null and leaves a message for the calling thread in flair_onednn_last_error.
// An operation may run on several threads at once, each with a scratchpad of its own.
#pragma once
#include <cstdint>

#define FLAIR_API extern "C" __attribute__((visibility("default")))

// The element types of maps and kernels. The C# side (MapType.cs) has the same numbers.
enum flair_map_type : int32_t { FLAIR_FLOAT32 = 0, FLAIR_BFLOAT16 = 1, FLAIR_UINT8 = 2, FLAIR_INT8 = 3, FLAIR_NO_TYPE = -1 };

struct flair_convolution {
  int32_t in_channels, in_rows, in_columns;
  int32_t out_channels, out_rows, out_columns;
  int32_t kernel, stride, dilation;              // dilation 1: taps side by side
  int32_t top, left, bottom, right;              // zeros around the input
  int32_t in_type, kernel_type, out_type;        // kernel: float32 for float32 and bfloat16 maps, int8 for uint8 maps
  int32_t sum_type;                              // what the output map holds before, to be added; FLAIR_NO_TYPE: nothing
  float sum_scale;                               // what it is multiplied with
  int32_t added_type;                            // type of another map, of the output's shape, that is added; FLAIR_NO_TYPE: none is
  int32_t relu;                                  // 1: what is negative becomes 0, last of all
  int32_t transposed;                            // 1: the transposed convolution; stride is the output's, top … right are what of the output is cut off
  int32_t threads;                               // that will share it when it runs; 0: as many as the creating thread's setting says
  int32_t images;                                // that it will be run on at once, at most; 1 or more
};

// What an operation reads and writes of one image.
struct flair_maps {
  const void* in;
  const void* added;  // null where nothing is
  void* out;
};

using flair_operation = void*;

FLAIR_API const char* flair_onednn_last_error();
FLAIR_API const char* flair_onednn_version();
// 1 where the processor multiplies bfloat16 itself (AVX-512 BF16, AMX), as far as this oneDNN knows it.
FLAIR_API int32_t flair_onednn_has_bfloat16();
// 1 where it multiplies bytes in vectors (AVX2 or more). Without VNNI, sums of two products saturate at 16 bits.
FLAIR_API int32_t flair_onednn_has_int8();
// 1 where it adds four products up without (AVX-512 VNNI, AVX-VNNI, AMX).
FLAIR_API int32_t flair_onednn_has_vnni();
// Threads that an operation may use when the calling thread creates or runs it.
FLAIR_API void flair_onednn_set_threads(int32_t count);

// out = relu(scale[o] * (sum over kernel * in + bias[o]) + sum_scale * out + added). kernel: [out][in][row][column]; scale: null for 1.
FLAIR_API flair_operation flair_convolution_create(const flair_convolution* what, const void* kernel, const float* bias, const float* scale);
// Largest of 3 x 3 (padding 1) or 2 x 2 (a last odd row or column is left out), stride 2.
FLAIR_API flair_operation flair_pool_create(int32_t kernel, int32_t channels, int32_t in_rows, int32_t in_columns, int32_t type);
FLAIR_API int64_t flair_operation_scratchpad(flair_operation operation);
FLAIR_API const char* flair_operation_kernel(flair_operation operation);
// An image's output does not depend on those beside it.
FLAIR_API int32_t flair_operation_run(flair_operation operation, const flair_maps* images, int32_t count, void* scratchpad);
FLAIR_API void flair_operation_free(flair_operation operation);

// A rectangle of a larger map.
struct flair_part {
  const void* data;
  int32_t channels;
  int32_t row, column, columns;  // where the map's first pixel lies, and how wide it is
};
// Writes the rectangle [row, row + rows) x [column, column + columns) of: the first part at twice its resolution (nearest), and beside it the channels of the others.
FLAIR_API void flair_upsample_beside(const flair_part* parts, int32_t count, int32_t element_bytes, int32_t row, int32_t column, int32_t rows, int32_t columns,
                                     void* out);
// The rectangle [row, row + rows) x [column, column + columns) of a map at another resolution, interpolated between the four pixels around, the
// corners' centres upon each other (PyTorch's upsample_bilinear2d with align_corners).
struct flair_interpolation {
  int32_t in_type, type;               // float32 or bfloat16; float32 for float32
  int32_t in_rows, in_columns;         // of the whole map
  int32_t out_rows, out_columns;       // of the whole interpolated map
  int32_t row, column, rows, columns;  // of the rectangle
  int32_t add;                         // 1: onto what the output holds
};
FLAIR_API void flair_interpolate(const flair_interpolation* what, const flair_part* in, void* out);
// Adds to a map that is the rectangle [row, row + rows) x [column, column + columns) what another has there. Both are float32 or bfloat16.
FLAIR_API void flair_add(const flair_part* other, int32_t type, int32_t row, int32_t column, int32_t rows, int32_t columns, void* map);
// In place, each group of neighbouring channels over all pixels: relu((x - mean) / sqrt(variance + epsilon) * weight[channel] + bias[channel]). in: float32 or bfloat16.
FLAIR_API void flair_group_norm(void* map, int32_t type, int64_t pixels, int32_t channels, int32_t groups, const float* weight, const float* bias, float epsilon);
// Each pixel's channels: (x - mean) / sqrt(variance + epsilon) * weight[channel] + bias[channel]. in: float32 or bfloat16.
FLAIR_API void flair_layer_norm(const void* in, int32_t type, int64_t pixels, int32_t channels, const float* weight, const float* bias, float epsilon, void* out);
// The rectangle [row, row + rows) x [column, column + columns) of the convolution of each channel by itself with 3 x 3 taps and as many zeros around the map as keep
// its size. taps: [row and column][channel].
struct flair_depthwise {
  int32_t type;                        // float32 or bfloat16, of both maps
  int32_t in_rows, in_columns;         // of the whole map
  int32_t dilation;
  int32_t row, column, rows, columns;  // of the rectangle
  int32_t gelu;                        // 1: the Gaussian error linear unit of it
};
FLAIR_API void flair_depthwise_convolution(const flair_depthwise* what, const flair_part* in, const float* taps, const float* bias, void* out);
// Of each query: softmax over the keys of query * key / sqrt(channels of a head), times the values. Queries and out: [query][head][channel]; keys and values:
// [key][2][head][channel]; float32 or bfloat16. For processors with AVX2.
FLAIR_API void flair_attention(const void* queries, const void* keys_values, int32_t type, int32_t query_count, int32_t key_count, int32_t channels, int32_t heads,
                               void* out);
// Each channel's mean over the cells of a grid, of which cell i of n has the rows (and columns) floor(i * rows / n) ... ceil((i + 1) * rows / n) (PyTorch's
// adaptive_avg_pool2d). mean: [row of cells][column][channel]. in: float32 or bfloat16.
FLAIR_API void flair_grid_mean(const void* in, int32_t type, int32_t rows, int32_t columns, int32_t channels, int32_t grid, float* mean);
// In place, each pixel's channels times a weight for each channel. map: float32 or bfloat16.
FLAIR_API void flair_weigh_channels(const float* weights, int32_t type, int64_t pixels, int32_t channels, void* map);
// In place, the channels of each pixel of the rectangle [row, row + rows) x [column, column + columns) times what a map of one channel has there. Both are float32 or
// bfloat16.
FLAIR_API void flair_weigh_pixels(const flair_part* weights, int32_t type, int32_t row, int32_t column, int32_t rows, int32_t columns, int32_t channels, void* map);
// in + what all positions see: softmax, over all pairs of positions together, of query * key, times the values. That is [position][channel], and is added as if it were
// [channel][position]. in, values and out: [position][channel]; queries and keys: [position][width]; float32 or bfloat16.
FLAIR_API void flair_position_attention(const void* in, const void* queries, const void* keys, const void* values, int32_t type, int32_t positions, int32_t width,
                                        int32_t channels, void* out);
// out = round(in * inverse_step[channel]), saturated to 0 … 255. in: float32 or bfloat16.
FLAIR_API void flair_quantize(const void* in, int32_t in_type, int64_t pixels, int32_t channels, const float* inverse_step, uint8_t* out);
// [channel][row][column] bytes, size x size, to [row][column][4][channel]: 2 x 2 pixels as one, with two such of border[channel] before the rows and the columns
// and one behind.
FLAIR_API void flair_pack_pixels(const uint8_t* in, int32_t size, int32_t channels, const uint8_t* border, uint8_t* out);
// [channel][pixel] bytes to [pixel][channel] of a 16- or 32-bit type, each byte through its channel's table of 256.
FLAIR_API void flair_look_up(const uint8_t* in, int64_t pixels, int32_t channels, int32_t element_bytes, const void* tables, void* out);
