#define FLAIR_LANES 16
#define FLAIR_BFLOAT16_ELEMENTS
#include "winograd_passes.h"

const flair::TilePasses flair::bfloat16_tiles = tile_passes("winograd:avx512_bf16");
