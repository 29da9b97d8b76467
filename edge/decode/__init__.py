"""DBC → named signals. The only room that knows cantools."""
