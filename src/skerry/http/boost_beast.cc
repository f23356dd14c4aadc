// Boost.Beast's function bodies, compiled once: see CMakeLists.txt.
#include <boost/beast/src.hpp>
