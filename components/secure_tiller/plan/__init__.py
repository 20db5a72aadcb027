"""The pure core: the settings of one team in, a complete plan out. Nothing here creates, reads or asks anything."""
