def test_home_opens_once_signed_in(as_admin):
    assert as_admin.get("/").status_code == 200
