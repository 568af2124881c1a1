#define FLAIR_LANES 8
#include "winograd_passes.h"

const flair::TilePasses flair::avx2_tiles = tile_passes("winograd:avx2");
