"""How well each vehicle is: diagnosis, health score, remaining life."""
