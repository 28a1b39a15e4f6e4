// The stress calendar. To come.
